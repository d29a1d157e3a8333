//! Moves the bytes of one session, on readiness: what is idle holds no buffer and costs no call.

mod end;
mod login;
mod pump;
mod transfer;

pub(crate) use end::End;
pub(crate) use login::Login;
pub(crate) use transfer::{LINGER, Relay};

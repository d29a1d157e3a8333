//! Moves the bytes of one session, on readiness: what is idle holds no buffer and costs no call.

#[cfg_attr(target_os = "linux", path = "bulk_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "bulk_other.rs")]
mod bulk;
mod end;
mod login;
#[cfg(target_os = "linux")]
#[path = "pipe_linux.rs"]
mod pipe;
mod pump;
mod transfer;

pub(crate) use end::End;
pub(crate) use login::Login;
pub(crate) use transfer::{LINGER, Relay};

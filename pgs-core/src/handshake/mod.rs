//! The handshake: what to answer a client until it is clear which session it wants, and how to refuse it.
//!
//! Nothing here reads a socket or a clock. The driver keeps a buffer of at most [`MAX_BUFFERED`] bytes, hands it to
//! [`Handshake::advance`], drops the bytes that were consumed and carries out the [`Action`]. What is left in the
//! buffer belongs to whatever comes next: the session, or the exchange of a [`MockScram`].
//!
//! The end of the input during the handshake is not an event: close without a byte, as PostgreSQL does.
//!
//! ```
//! use pgs_core::handshake::{Action, Handshake, TlsOffer};
//!
//! let mut handshake = Handshake::new(TlsOffer::Withheld);
//! let ssl_request = b"\0\0\0\x08\x04\xD2\x16\x2F";
//! let step = handshake.advance(ssl_request);
//! assert_eq!(step.consumed, 8);
//! assert!(matches!(step.action, Action::Reply(b"N")));
//! ```
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod machine;
pub use machine::{Handshake, MAX_BUFFERED, TlsOffer};
mod action;
pub use action::{Action, Step, TlsStart};
mod refusal;
pub use refusal::refuse;

pub mod mock_scram;
pub use mock_scram::MockScram;

//! The wire: the packets a client may open a connection with, and the answers to them.
//!
//! A parser here is a pure function, `&[u8] -> Result<Option<(T, usize)>, Error>`: `Ok(None)` asks for more
//! bytes, `usize` says how many were consumed. Nothing is copied, nothing is allocated, no length of the peer's
//! is trusted before it is compared with its limit. Which name means which tenant is not decided here.
//!
//! Source: PostgreSQL manual, [Message Flow](https://www.postgresql.org/docs/18/protocol-flow.html) and
//! [Message Formats](https://www.postgresql.org/docs/18/protocol-message-formats.html);
//! `src/backend/tcop/backend_startup.c`.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod first_packet;
pub use first_packet::{FirstPacket, FirstPacketError, FramingFault, opens_tls};

mod startup;
pub use startup::StartupMessage;
pub(crate) use startup::as_name;
mod params;
pub use params::Params;
mod replication;
pub use replication::Replication;
mod rewrite;
pub use rewrite::RewriteError;
mod option_args;
pub use option_args::OptionArgs;
mod switches;
pub use switches::setting_in;
mod startup_fault;
pub use startup_fault::StartupFault;

mod cancel;
pub use cancel::{BackendKey, CancelRequest};

mod version;
pub use version::ProtocolVersion;
mod negotiation;
pub use negotiation::Negotiation;

mod error_source;
pub mod sqlstate;
pub use error_source::ErrorSource;
mod error_response;
pub use error_response::{ErrorResponse, Severity, Text};

pub mod authentication;
mod challenge;
pub mod client;
pub use challenge::Challenge;

mod key_sniffer;
pub use key_sniffer::{KeySniffer, Progress};

mod frame;
mod reader;
pub(crate) use reader::Reader;

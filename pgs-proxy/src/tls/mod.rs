//! TLS towards clients: what a listener asks of them, the certificates, and the encrypted leg of a session.
//!
//! Sessions are never resumed and nothing is sent early, as with `PostgreSQL`: every handshake is a full one.

mod policy;
pub use policy::TlsPolicy;
mod settings;
pub use settings::{ClientAuth, ClientCertificates, KeyPair, TlsSettings, TlsVersion};
mod server;
pub use server::{Reload, TlsServer};

mod certificate;
mod client_ca;
mod key_file;
mod names;
mod resolver;
mod watch;

mod accept;
pub(crate) use accept::accept;
mod facts;
pub(crate) use facts::TlsFacts;
mod leg;
pub(crate) use leg::TlsLeg;
mod prefixed;
mod turns;
pub(crate) use turns::Turns;

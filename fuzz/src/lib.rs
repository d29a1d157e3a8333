//! What must hold for any bytes from a client or a server: one function per property, over plain bytes.
//!
//! libFuzzer looks for counterexamples (`cargo xtask fuzz`); every known input is replayed by `cargo test`.
#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is how a property says no"
)]

mod answer;
mod fragments;

mod startup;
pub use startup::{startup, startup_split};
mod handshake;
pub use handshake::handshake;
mod key_sniffer;
pub use key_sniffer::key_sniffer;
mod mock_scram;
pub use mock_scram::mock_scram;
mod options;
pub use options::options;
mod proxy_io;
pub use proxy_io::proxy_io;

//! Where connections come from, and what each such place allows.

mod bind;
pub use bind::bind;
mod accepted;
pub(crate) use accepted::Accepted;
#[cfg_attr(target_os = "linux", path = "acceptor_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "acceptor_other.rs")]
mod acceptor;
mod door;
pub(crate) use door::Door;
mod source;
pub use source::Listener;
mod inherited;
mod socket_lock;
mod unix_socket;
pub use unix_socket::{SocketFiles, UnixAddress, bind_unix};
mod policy;
pub use policy::ListenerPolicy;
mod outage;
pub(crate) use outage::Outage;
mod trusted_proxies;
pub use trusted_proxies::TrustedProxies;
mod peer_address;
pub use peer_address::PeerAddress;

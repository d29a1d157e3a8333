//! Where connections come from, and what each such place allows.

mod bind;
pub use bind::bind;
mod source;
pub use source::Listener;
mod inherited;
mod policy;
pub use policy::ListenerPolicy;
mod peer_address;
pub use peer_address::PeerAddress;

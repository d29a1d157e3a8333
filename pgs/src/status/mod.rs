//! What the running proxies of a state directory tell of themselves.
//!
//! Every `pgs serve`, and every embedded proxy that was [asked to](crate::ProxyBuilder::status_socket), answers HTTP on
//! the Unix socket `serve/<pid>.status` in the state directory, to its own user and root: `/report`, which has everything
//! that is here, and its parts `/sessions`, `/bans` and `/listeners`, all of them as JSON, and `/metrics`.

mod ban;
pub use ban::Ban;
mod report;
pub use report::Report;
mod running;
pub use running::{Running, running};
mod session;
pub use session::Session;
mod tenant;
pub use tenant::Tenant;

/// Where the sockets are in the state directory.
pub(crate) const DIRECTORY: &str = "serve";

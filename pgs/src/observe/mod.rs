//! What a running proxy tells of itself: metrics over HTTP, and its sessions over a Unix socket.

mod exposition;
mod guest;
mod metrics;
mod observed;
mod socket_file;
mod status_socket;

pub(crate) use metrics::MetricsEndpoint;
pub(crate) use observed::{Observed, millis};
pub(crate) use socket_file::SocketFile;
pub(crate) use status_socket::serve_status;

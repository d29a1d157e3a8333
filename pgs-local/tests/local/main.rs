//! The local provisioner with real servers.

mod lifecycle;
mod machine;

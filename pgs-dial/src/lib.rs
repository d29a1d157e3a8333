//! How pgs connects to the Unix socket of a server that it does not trust.
//!
//! A tenant's server, and whoever is superuser in it, can write to the directory its socket is in. A symbolic link in the
//! socket's place would lead pgs, which may be root, to any other socket of the host: the Docker Engine's, for one. So the
//! last component of the path is not followed. The directories above it are pgs's own.

mod dial;
#[cfg_attr(target_os = "linux", path = "held_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "held_other.rs")]
mod held;
mod refusal;

pub use dial::dial;

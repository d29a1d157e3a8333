//! Provisioner of pgs: a tenant is a local `PostgreSQL` process.
//!
//! [`LocalProvisioner`] keeps every tenant in a directory of its own under the state directory, copies it from a template
//! in which `initdb` has been run once, and starts `postgres` on it with nothing but a Unix socket that only the manager
//! reaches. `PostgreSQL` itself is not part of pgs: [`Search`] finds it on the machine. The servers outlive the process
//! that started them, and any later one adopts them.

mod binaries;
mod config;
mod failure;
mod host;
mod os_user;
mod provisioner;
mod server;
mod storage;
mod template;
mod tool;

pub use binaries::{Binaries, Candidate, Search};
pub use config::LocalConfig;
pub use os_user::OsUser;
pub use provisioner::LocalProvisioner;

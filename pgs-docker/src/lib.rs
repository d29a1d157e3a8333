//! Provisioner of pgs: a tenant is a Docker container.

mod config;
mod provisioner;

pub use config::{DockerConfig, Transport};
pub use provisioner::DockerProvisioner;

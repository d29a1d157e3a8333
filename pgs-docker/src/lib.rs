//! Provisioner of pgs: a tenant is a Docker container.

mod config;
#[expect(
    dead_code,
    unused_imports,
    reason = "the provisioner is not written yet"
)]
mod engine;
#[expect(
    dead_code,
    unused_imports,
    reason = "the provisioner is not written yet"
)]
mod image;
mod provisioner;

pub use config::{DockerConfig, Transport};
pub use provisioner::DockerProvisioner;

//! Provisioner of pgs: a tenant is a Docker container.

mod config;
#[cfg_attr(test, expect(dead_code, reason = "the provisioner is not written yet"))]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "the provisioner is not written yet"
    )
)]
mod engine;
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        unused_imports,
        reason = "the provisioner is not written yet"
    )
)]
mod image;
mod provisioner;

pub use config::{DockerConfig, Transport};
pub use provisioner::DockerProvisioner;

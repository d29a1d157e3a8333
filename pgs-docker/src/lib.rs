//! Provisioner of pgs: a tenant is a Docker container.
//!
//! [`DockerProvisioner`] gives every tenant a volume and a container of the official `postgres` image, or of any that keeps
//! its contract, with no network at all: the manager and the proxy reach its server over a Unix socket in a directory of
//! the tenant's own. Labels on both are enough to make the catalogue anew. It never runs the image's own entrypoint on a
//! tenant's data, so that nothing but pgs ever initialises it, and it never deletes what does not carry its label.

mod config;
mod neighbour;
mod provisioner;

mod host;
mod survey;

mod engine;
mod image;
mod server;
mod storage;
mod template;

use server::{
    alter, complete, create, exit, helper, holder, limits, logs, make, network, ready, recipe,
    start, stop, trash, watch,
};
use storage::{
    archive, control_file, files, labels, layout, naming, place, scripts, secrets, settings, volume,
};

pub use config::{DockerConfig, Transport};
pub use neighbour::container_address;
pub use provisioner::DockerProvisioner;

//! Provisioner of pgs: a tenant is a Docker container.
//!
//! [`DockerProvisioner`] gives every tenant a volume and a container of the official `postgres` image, or of any that keeps
//! its contract, with no network at all: the manager and the proxy reach its server over a Unix socket in a directory of
//! the tenant's own. Labels on both are enough to make the catalogue anew. It never runs the image's own entrypoint on a
//! tenant's data, so that nothing but pgs ever initialises it, and it never deletes what does not carry its label.

mod config;
mod provisioner;

mod engine;
mod host;
mod image;

mod labels;
mod layout;
mod naming;
mod place;

mod archive;
mod files;
mod helper;
mod holder;
mod logs;
mod make;
mod network;
mod recipe;
mod scripts;
mod survey;
mod template;
mod volume;
mod watch;

mod alter;
mod complete;
mod create;
mod exit;
mod limits;
mod ready;
mod secrets;
mod settings;
mod start;
mod stop;
mod trash;

pub use config::{DockerConfig, Transport};
pub use provisioner::DockerProvisioner;

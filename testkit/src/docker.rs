//! The Docker Engine of this machine, and the stand-ins for the official images.

use crate::skip;

/// What `cargo xtask setup` tells of the engine.
#[derive(Clone, Debug)]
pub struct Docker {
    /// Where the engine is, such as `unix:///var/run/docker.sock`.
    pub host: String,
    /// The image of `PostgreSQL` 18.
    pub image_18: String,
    /// The image of `PostgreSQL` 15.
    pub image_15: String,
}

impl Docker {
    /// None where there is no engine: that `what` cannot run here is printed and counted.
    #[must_use]
    pub fn find(what: &str) -> Option<Self> {
        let read = |name: &str| std::env::var(name).ok();
        let found = || {
            Some(Self {
                host: read("PGS_TEST_DOCKER")?,
                image_18: read("PGS_TEST_DOCKER_IMAGE_18")?,
                image_15: read("PGS_TEST_DOCKER_IMAGE_15")?,
            })
        };
        let found = found();
        if found.is_none() {
            skip(
                what,
                "no Docker Engine was set up: cargo xtask setup --docker",
            );
        }
        found
    }
}

/// A shell program, for `COPY ... TO PROGRAM`, that uses up a container's memory and has the kernel kill its server for it.
///
/// The kernel kills a server's children before the server. Left to itself it can be busy for minutes with killing one
/// after the other while the server recovers, so here the server is made its first choice. The current directory is
/// the server's data directory; what is in `/dev/shm` stays when its writer is killed.
pub const RUN_OUT_OF_MEMORY: &str =
    "echo 1000 > /proc/$(head -n 1 postmaster.pid)/oom_score_adj; cat /dev/zero > /dev/shm/fill";

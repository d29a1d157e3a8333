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

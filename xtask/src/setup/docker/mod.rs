//! A Docker Engine, and the images that the tests run on it.

mod base;
mod client;
mod daemon;
mod engine;
mod image;
mod stamp;

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian;
use super::outcome::{self, Outcome};
use crate::shell;
use client::Client;
use daemon::Daemon;
use engine::Engine;

/// An engine with the tests' images on it. Dropping it ends the engine, if this process started it.
#[derive(Debug)]
pub(crate) struct Docker {
    client: Client,
    daemon: Option<Daemon>,
}

/// Leaves an engine that it started running, and says how to stop it.
pub(super) fn setup() -> Result<()> {
    println!("Setting up Docker:");
    if let Some(Docker {
        daemon: Some(daemon),
        ..
    }) = ensure()?
    {
        println!(
            "  the engine goes on running; to stop it: {}",
            daemon.leave()
        );
    }
    Ok(())
}

/// The engine lasts as long as the answer. A machine where none can be started is one that has none, unless it is needed.
pub(super) fn for_tests(need: Need) -> Result<Option<Docker>> {
    println!("Setting up what the tests run containers on:");
    match ensure() {
        Ok(None) if need == Need::Required => {
            bail!("--require-docker: there is no Docker for the tests, for the reason above")
        }
        Err(error) if need == Need::Optional => {
            let outcome = Outcome::Skipped {
                why: format!("{error:#}"),
                remedy: "to try it alone, run: cargo xtask setup --docker".to_owned(),
            };
            outcome::say("Docker", &outcome);
            Ok(None)
        }
        result => result,
    }
}

/// What becomes of tests on a machine that can have no engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Need {
    Optional,
    Required,
}

impl Docker {
    /// Where the engine is, such as `unix:///var/run/docker.sock`.
    pub(crate) fn host(&self) -> &str {
        self.client.host()
    }

    /// The image of this major version.
    #[expect(
        clippy::unused_self,
        reason = "who has none of these has no engine with the image on it"
    )]
    pub(crate) fn image(&self, major: &str) -> Option<String> {
        let image = image::ALL.iter().find(|image| image.major() == major)?;
        Some(image.tag())
    }

    /// Tells a test run's environment where the engine and the images are.
    pub(super) fn announce(&self, command: &mut Command) {
        command.env("PGS_TEST_DOCKER", self.client.host());
        for image in image::ALL {
            let variable = format!("PGS_TEST_DOCKER_IMAGE_{}", image.major());
            command.env(variable, image.tag());
        }
    }
}

/// The newer Compose is a plugin of the docker command, and may be anybody's; where there is none, Debian's will do.
fn ensure_compose() -> Result<Outcome> {
    if shell::succeeds(Command::new("docker").args(["compose", "version"])) {
        return Ok(Outcome::Present("docker compose".to_owned()));
    }
    debian::ensure(&["docker-compose"])
}

/// Each step is told as it ends. Without an engine, or without the images on it, there is nothing to answer.
fn ensure() -> Result<Option<Docker>> {
    outcome::say("docker-registry", &debian::ensure(&["docker-registry"])?);
    let (engine, outcome) = engine::ensure()?;
    outcome::say("Docker Engine", &outcome);
    outcome::say("Compose", &ensure_compose()?);
    let Some(Engine { client, daemon }) = engine else {
        return Ok(None);
    };
    for image in image::ALL {
        let outcome = image.ensure(&client);
        let outcome = outcome.with_context(|| format!("cannot make {}", image.tag()))?;
        outcome::say(&image.tag(), &outcome);
        if let Outcome::Skipped { .. } = outcome {
            return Ok(None);
        }
    }
    Ok(Some(Docker { client, daemon }))
}

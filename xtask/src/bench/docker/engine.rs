//! The engine, as its own command sees it.

use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::{self, Docker, Need};
use crate::shell;

#[derive(Debug)]
pub(in crate::bench) struct Engine {
    pub(super) host: String,
    /// What both sides run.
    pub(super) image: String,
    /// An engine that was started for this ends with it.
    _started: Option<Docker>,
}

impl Engine {
    /// The one that the environment names as it does for the tests; else the one that the tests would get.
    pub(in crate::bench) fn find(need: Need) -> Result<Option<Self>> {
        let named = |name: &str| std::env::var(name).ok();
        if let (Some(host), Some(image)) = (named(HOST), named(IMAGE)) {
            println!("On the engine at {host}, with the image {image}");
            return Ok(Some(Self {
                host,
                image,
                _started: None,
            }));
        }
        let Some(docker) = setup::engine(need)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            host: docker.host().to_owned(),
            image: docker
                .image(MAJOR)
                .context("there is no image of PostgreSQL 18")?,
            _started: Some(docker),
        }))
    }

    pub(super) fn docker(&self, words: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["--host", &self.host]).args(words);
        command.env_remove("DOCKER_CONTEXT");
        command
    }

    pub(super) fn read(&self, words: &[&str]) -> Result<String> {
        shell::read(&mut self.docker(words)).map(|answer| answer.trim_end().to_owned())
    }

    /// What was measured, for the record.
    pub(in crate::bench) fn versions(&self) -> Vec<(&'static str, String)> {
        let ask = |words: &[&str]| self.read(words).unwrap_or_default();
        vec![
            ("docker", ask(&["info", "--format", ENGINE])),
            (
                "image",
                ask(&["image", "inspect", "--format", "{{.Id}}", &self.image]),
            ),
        ]
    }
}

const HOST: &str = "PGS_TEST_DOCKER";
const IMAGE: &str = "PGS_TEST_DOCKER_IMAGE_18";
const MAJOR: &str = "18";
const ENGINE: &str = "Docker Engine {{.ServerVersion}}, {{.Driver}}, cgroup {{.CgroupVersion}}, Linux {{.KernelVersion}}";

//! The `docker` command, pointed at one engine whatever the environment says.

use std::process::Command;

use anyhow::Result;

use crate::shell;

#[derive(Clone, Debug)]
pub(super) struct Client {
    host: String,
}

impl Client {
    pub(super) fn new(host: impl Into<String>) -> Self {
        Self { host: host.into() }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["--host", &self.host]).args(words);
        // The one builder that every engine has.
        command
            .env("DOCKER_BUILDKIT", "0")
            .env_remove("DOCKER_CONTEXT");
        command
    }

    /// The engine's version, which only an engine that works can tell.
    pub(super) fn version(&self) -> Result<String> {
        self.read(&["version", "--format", "{{.Server.Version}}"])
    }

    pub(super) fn read(&self, words: &[&str]) -> Result<String> {
        shell::read(&mut self.command(words)).map(|answer| answer.trim_end().to_owned())
    }
}

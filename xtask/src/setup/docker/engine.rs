//! The engine that the tests use: one that answers already, or one that is started for them.

use std::env;
use std::process::Command;

use anyhow::Result;

use super::client::Client;
use super::daemon::{Daemon, Site};
use crate::setup::cache::is_root;
use crate::setup::debian;
use crate::setup::outcome::Outcome;
use crate::shell;

#[derive(Debug)]
pub(super) struct Engine {
    pub(super) client: Client,
    /// What this process started, if it did.
    pub(super) daemon: Option<Daemon>,
}

pub(super) fn ensure() -> Result<(Option<Engine>, Outcome)> {
    let chosen = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    let client = Client::new(chosen.as_deref().unwrap_or(DEFAULT_HOST));
    if let Some(outcome) = ensure_program("docker", &["docker-cli", "docker.io"])? {
        return Ok((None, outcome));
    }
    if let Ok(version) = client.version() {
        let outcome = Outcome::Present(format!("{version} at {}", client.host()));
        return Ok((
            Some(Engine {
                client,
                daemon: None,
            }),
            outcome,
        ));
    }
    if let Some(host) = chosen {
        let why = format!("DOCKER_HOST is `{host}`, and no engine answers there");
        return Ok((
            None,
            skipped(why, "start that engine, or unset DOCKER_HOST"),
        ));
    }
    start()
}

fn start() -> Result<(Option<Engine>, Outcome)> {
    if !is_root() {
        let why = format!("no engine that you may use answers at {DEFAULT_HOST}");
        let remedy = "to have one, run as root: cargo xtask setup --docker";
        return Ok((None, skipped(why, remedy)));
    }
    if let Some(outcome) = ensure_program("dockerd", &["docker.io"])? {
        return Ok((None, outcome));
    }
    let daemon = Daemon::start(&Site::standard(DEFAULT_HOST)?)?;
    let client = Client::new(DEFAULT_HOST);
    let outcome = Outcome::Done(format!("{} started at {DEFAULT_HOST}", client.version()?));
    Ok((Some(Engine { client, daemon }), outcome))
}

/// Leaves alone a program that is there, whoever's package it is from. Answers why it cannot be had, if so.
///
/// Releases of Debian differ in which package has the program.
fn ensure_program(program: &str, packages: &[&str]) -> Result<Option<Outcome>> {
    let there = || shell::succeeds(Command::new(program).arg("--version"));
    let mut obstacle = None;
    for package in packages {
        if there() {
            return Ok(None);
        }
        obstacle = Some(match debian::ensure(&[package])? {
            skipped @ Outcome::Skipped { .. } => skipped,
            _ => skipped(
                format!("there is no {program} that works, though {package} is installed"),
                "look at what `dpkg --verify` says of that package",
            ),
        });
    }
    Ok(obstacle.filter(|_| !there()))
}

fn skipped(why: String, remedy: &str) -> Outcome {
    Outcome::Skipped {
        why,
        remedy: remedy.to_owned(),
    }
}

const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";

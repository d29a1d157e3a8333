//! The real `pgs serve`, with its catalogue, in front of a real tenant; beside it the same relay without a catalogue.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::daemon::free_port;
use super::peer::{self, Peer};
use super::server::{PASSWORD, loopback};
use super::site::Site;
use crate::shell;

/// Dropping it stops the tenant's server.
#[derive(Debug)]
pub(super) struct Product<'a> {
    site: &'a Site,
    pub(super) peers: Vec<Peer>,
}

impl<'a> Product<'a> {
    pub(super) fn set_up(site: &'a Site) -> Result<Self> {
        let mut product = Self {
            site,
            peers: Vec::new(),
        };
        let password = site.write("tenant-password", PASSWORD)?;
        shell::read(
            pgs(site)
                .args(["create", "bench", "--enable", "--password-file"])
                .arg(password),
        )?;
        let mut relay = peer::pgs(site, socket(site)?, None)?;
        relay.name = RELAY;
        let port = free_port()?;
        let mut serve = pgs(site);
        serve
            .args(["serve", "--listen"])
            .arg(loopback(port).to_string());
        let serve = peer::start(site, SERVE, port, &mut serve)?;
        product.peers.extend([relay, serve]);
        Ok(product)
    }
}

impl Drop for Product<'_> {
    fn drop(&mut self) {
        // `pgs serve` first, which would start the tenant again.
        self.peers.clear();
        if let Err(error) = shell::read(pgs(self.site).arg("stop")) {
            eprintln!("the tenant's server is still there: {error:#}");
        }
    }
}

fn pgs(site: &Site) -> Command {
    let mut command = site.ours("pgs");
    command.arg("--state-dir").arg(site.state_dir());
    command
}

fn socket(site: &Site) -> Result<PathBuf> {
    let shown = shell::read(pgs(site).args(["show", "bench", "--json"]))?;
    let shown: serde_json::Value = serde_json::from_str(&shown)?;
    let path = shown["endpoint"]
        .as_str()
        .and_then(|endpoint| endpoint.strip_prefix("unix:"))
        .context("the tenant's server has no Unix socket")?;
    Ok(fs::canonicalize(path)?)
}

pub(super) const RELAY: &str = "pgs, relay only";
pub(super) const SERVE: &str = "pgs serve";

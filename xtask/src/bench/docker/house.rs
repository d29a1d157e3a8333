//! The real `pgs`, whose tenants are containers.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::engine::Engine;
use crate::bench::daemon::free_port;
use crate::bench::peer::{self, Peer};
use crate::bench::server::{PASSWORD, loopback};
use crate::bench::site::Site;
use crate::shell;

/// Dropping it removes every tenant that is left.
#[derive(Debug)]
pub(super) struct House<'a> {
    site: &'a Site,
    state_dir: PathBuf,
    password_file: PathBuf,
    tenants: RefCell<BTreeSet<String>>,
}

/// A tenant that answers.
#[derive(Debug)]
pub(super) struct Answering {
    /// How long it took until it did.
    pub(super) ms: f64,
    /// Of its server's socket.
    pub(super) socket_dir: PathBuf,
}

impl<'a> House<'a> {
    pub(super) fn build(site: &'a Site, engine: &Engine) -> Result<Self> {
        let state_dir = site.state_dir_on_docker();
        fs::create_dir(&state_dir)?;
        let config = format!(
            "provisioner = 'docker'\n[docker]\nhost = '{}'\nimage = '{}'\npull = false\n",
            engine.host, engine.image
        );
        fs::write(state_dir.join("pgs.toml"), config)?;
        Ok(Self {
            password_file: site.write("docker-password", PASSWORD)?,
            site,
            state_dir,
            tenants: RefCell::default(),
        })
    }

    /// By which the engine knows this house's containers.
    pub(super) fn installation(&self) -> String {
        self.state_dir.display().to_string()
    }

    /// From the start of `pgs create` until the tenant has answered a query. The clock stands while pgs is asked where.
    pub(super) fn create(&self, name: &str) -> Result<Answering> {
        self.tenants.borrow_mut().insert(name.to_owned());
        let mut create = self.pgs(&["create", name, "--enable", "--json", "--password-file"]);
        create.arg(&self.password_file);
        let made = timed(|| shell::read(&mut create))?;
        let socket_dir = self.socket_dir(name)?;
        let asked = timed(|| self.ask(name, &socket_dir))?;
        Ok(Answering {
            ms: made + asked,
            socket_dir,
        })
    }

    pub(super) fn ask(&self, name: &str, socket_dir: &Path) -> Result<()> {
        let answer = shell::read(self.site.psql(socket_dir, name).arg("select 1"))?;
        ensure!(answer.trim() == "1", "{name} answered `{answer}`");
        Ok(())
    }

    pub(super) fn list(&self) -> Result<usize> {
        Ok(self.run(&["list"])?.lines().count().saturating_sub(1))
    }

    /// All of them, or one: `--tenant NAME`.
    pub(super) fn stop(&self, which: &[&str]) -> Result<()> {
        self.run(&[&["stop"], which].concat()).map(drop)
    }

    pub(super) fn start(&self, which: &[&str]) -> Result<()> {
        self.run(&[&["start"], which].concat()).map(drop)
    }

    /// `pgs serve`, for as long as the answer lives.
    pub(super) fn serve(&self) -> Result<Peer> {
        let port = free_port()?;
        let mut serve = self.pgs(&["serve", "--listen"]);
        serve.arg(loopback(port).to_string());
        peer::start(self.site, "pgs serve", port, &mut serve)
    }

    pub(super) fn remove(&self, name: &str) -> Result<()> {
        self.run(&["remove", "--purge", "--yes", name])?;
        self.tenants.borrow_mut().remove(name);
        Ok(())
    }

    fn socket_dir(&self, name: &str) -> Result<PathBuf> {
        let shown: serde_json::Value = serde_json::from_str(&self.run(&["show", name, "--json"])?)?;
        let endpoint = shown["endpoint"].as_str().unwrap_or_default();
        let socket = endpoint.strip_prefix("unix:").map(Path::new);
        let dir = socket.and_then(Path::parent);
        dir.map(Path::to_owned)
            .with_context(|| format!("{name} has no Unix socket: {endpoint}"))
    }

    fn run(&self, words: &[&str]) -> Result<String> {
        shell::read(&mut self.pgs(words))
    }

    fn pgs(&self, words: &[&str]) -> Command {
        let mut command = self.site.ours("pgs");
        command.arg("--state-dir").arg(&self.state_dir).args(words);
        command
    }
}

impl Drop for House<'_> {
    fn drop(&mut self) {
        for name in self.tenants.take() {
            if let Err(error) = self.run(&["remove", "--purge", "--yes", &name]) {
                eprintln!("{name} is still there: {error:#}");
            }
        }
    }
}

/// How long this took, in milliseconds.
pub(super) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    Ok(milliseconds_since(begun))
}

pub(super) fn milliseconds_since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

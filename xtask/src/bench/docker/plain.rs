//! A container as `docker run` makes it of the image, for one tenant by hand.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::engine::Engine;
use crate::bench::server::PASSWORD;
use crate::bench::site::Site;
use crate::shell;

/// Dropping it removes it, and its volume.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    site: &'a Site,
    engine: &'a Engine,
    /// Of the container, and of the volume.
    name: String,
    /// On the host; the server's socket is in it.
    socket_dir: PathBuf,
}

impl<'a> Plain<'a> {
    /// Returns as soon as the engine does.
    pub(super) fn run(site: &'a Site, engine: &'a Engine, name: &str) -> Result<Self> {
        let name = format!("pgs-bench-{}-{name}", std::process::id());
        let socket_dir = site.path(&name);
        fs::create_dir(&socket_dir)?;
        let plain = Self {
            site,
            engine,
            name,
            socket_dir,
        };
        let mut run = engine.docker(&["run", "--detach", "--network", "none", "--label", LABEL]);
        run.args(["--name", &plain.name]);
        run.arg(format!("--volume={}:{VOLUME}", plain.name));
        run.arg(format!(
            "--volume={}:{SOCKET_DIR}",
            plain.socket_dir.display()
        ));
        run.arg(format!("--env=POSTGRES_PASSWORD={PASSWORD}"));
        // The image lets everybody in who comes by the socket; this way the first query is an authenticated one.
        run.arg("--env=POSTGRES_INITDB_ARGS=--auth-local=scram-sha-256");
        shell::read(run.arg(&engine.image))?;
        Ok(plain)
    }

    /// Returns once the server that stays has answered an authenticated query.
    ///
    /// While the image initialises its volume, a server for that time only answers at the same socket. The one that stays
    /// takes the entry point's place, which is process 1 of its container: the socket's lock file tells which of them
    /// listens, so that no program is started in vain, and the query's answer proves it.
    pub(super) fn await_query(&self) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        loop {
            if self.may_be_ready() && self.postmaster().is_ok_and(|pid| pid == "1") {
                return Ok(());
            }
            if Instant::now() > until {
                let log = self.engine.read(&["logs", &self.name]).unwrap_or_default();
                bail!("`docker run` of the image did not become ready:\n{log}");
            }
            sleep(PAUSE);
        }
    }

    fn may_be_ready(&self) -> bool {
        match fs::read_to_string(self.socket_dir.join(format!("{SOCKET}.lock"))) {
            Ok(lock) if lock.lines().next() != Some("1") => return false,
            // Only root and the server may read it.
            Err(error) if error.kind() != ErrorKind::PermissionDenied => return false,
            _ => {}
        }
        UnixStream::connect(self.socket_dir.join(SOCKET)).is_ok()
    }

    /// The server's process number, as the server itself tells it.
    fn postmaster(&self) -> Result<String> {
        let mut psql = self.site.psql(&self.socket_dir, "postgres");
        psql.arg("select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
        shell::read(&mut psql).map(|answer| answer.trim().to_owned())
    }

    pub(super) fn stop(&self) -> Result<()> {
        self.engine.read(&["stop", &self.name]).map(drop)
    }

    pub(super) fn start(&self) -> Result<()> {
        self.engine.read(&["start", &self.name]).map(drop)
    }
}

impl Drop for Plain<'_> {
    fn drop(&mut self) {
        for words in [["rm", "--force"].as_slice(), &["volume", "rm", "--force"]] {
            let mut remove = self.engine.docker(words);
            if let Err(error) = shell::read(remove.arg(&self.name)) {
                eprintln!("{} is still there: {error:#}", self.name);
            }
        }
    }
}

/// By which a killed benchmark's containers can be found.
const LABEL: &str = "pgs.bench";
/// Where the image of `PostgreSQL` 18 has its volume.
const VOLUME: &str = "/var/lib/postgresql";
const SOCKET_DIR: &str = "/var/run/postgresql";
const SOCKET: &str = ".s.PGSQL.5432";
const READY_WITHIN: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(5);

//! `cargo xtask setup`: gets what pgs runs on, what its tests talk to and what its benchmarks are measured against.
//!
//! Every step looks first and leaves alone what is already there, so running it again costs a second.

mod bundle;
mod cache;
mod clients;
mod debian;
mod docker;
mod npm;
mod os_user;
mod outcome;
mod postgresql;
mod python;
mod regression;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;

use clients::Clients;
pub(crate) use docker::{Docker, Need};
pub(crate) use os_user::ids as servers_ids;
pub(crate) use regression::Regression;

/// Get the PostgreSQL binaries and their OS user; with flags, also what tests, benchmarks and containers need
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also an older PostgreSQL server, drivers of several languages and what --docker gets (without leaving an engine running), for
    /// the tests
    #[arg(long)]
    tests: bool,
    /// Also HAProxy and PgBouncer, for the benchmarks
    #[arg(long)]
    bench: bool,
    /// Also a Docker Engine, left running, images on it that stand in for the official PostgreSQL ones, and a registry.
    /// An engine that answers is used; else root gets one from Debian's packages
    #[arg(long)]
    docker: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let bindir = product()?;
        if self.docker {
            docker::setup()?;
        }
        if self.tests {
            peers(bindir, Need::Optional)?;
        }
        if self.bench {
            bench()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What pgs itself needs: the PostgreSQL binaries, whose directory is the answer, and the OS user they run as.
pub(crate) fn product() -> Result<PathBuf> {
    println!("Setting up what pgs runs on:");
    outcome::say("the OS user pgs", &os_user::ensure()?);
    let (bindir, outcome) = postgresql::ensure()?;
    outcome::say("PostgreSQL 18.6", &outcome);
    Ok(bindir)
}

/// [`product`], and what the tests need on top of it.
pub(crate) fn tests(docker: Need) -> Result<TestPeers> {
    peers(product()?, docker)
}

fn peers(pg18_bindir: PathBuf, docker: Need) -> Result<TestPeers> {
    println!("Setting up what the tests talk to:");
    outcome::say("PostgreSQL 15", &debian::ensure_postgresql_15()?);
    let (python, outcome) = python::ensure_peers()?;
    outcome::say("psycopg, asyncpg and pg8000", &outcome);
    Ok(TestPeers {
        pg18_bindir,
        pg15_bindir: debian::postgresql_15_bindir(),
        python,
        clients: Clients::ensure()?,
        docker: docker::for_tests(docker)?,
    })
}

/// What the benchmarks are measured against; pgbench comes with [`product`].
pub(crate) fn bench() -> Result<()> {
    println!("Setting up what the benchmarks are measured against:");
    for proxy in ["haproxy", "pgbouncer"] {
        outcome::say(proxy, &debian::ensure(&[proxy])?);
    }
    Ok(())
}

/// Node and npm.
pub(crate) fn node() -> Result<()> {
    clients::ensure_node()
}

/// A pip command line that works on this virtual environment.
pub(crate) fn pip_into(venv: &Path) -> Result<Command> {
    python::pip_into(venv)
}

/// What counts instructions.
pub(crate) fn valgrind() -> Result<()> {
    outcome::say("valgrind", &debian::ensure(&["valgrind"])?);
    Ok(())
}

/// PostgreSQL's own regression suite, built; and the server it belongs to.
pub(crate) fn regression() -> Result<Regression> {
    println!("Setting up PostgreSQL's own regression suite:");
    outcome::say("PostgreSQL 15", &debian::ensure_postgresql_15()?);
    let (regression, outcome) = regression::ensure()?;
    outcome::say("the suite", &outcome);
    Ok(regression)
}

/// A Docker Engine with the images on it, or none where this machine can have none. One that was started for this ends
/// with the answer.
pub(crate) fn engine(need: Need) -> Result<Option<Docker>> {
    docker::for_tests(need)
}

/// Where the tests find the programs they talk to. What this machine cannot have is `None`.
///
/// A Docker Engine that was started for the tests ends with this.
#[derive(Debug)]
pub(crate) struct TestPeers {
    pg18_bindir: PathBuf,
    pg15_bindir: Option<PathBuf>,
    python: PathBuf,
    clients: Clients,
    docker: Option<Docker>,
}

impl TestPeers {
    /// Tells a test run's environment where the peers are.
    pub(crate) fn announce(&self, command: &mut Command) {
        command.env("PGS_TEST_PG18_BINDIR", &self.pg18_bindir);
        command.env("PGS_TEST_PYTHON", &self.python);
        if let Some(bindir) = &self.pg15_bindir {
            command.env("PGS_TEST_PG15_BINDIR", bindir);
            command.env("PGS_TEST_PSQL15", bindir.join("psql"));
        }
        self.clients.announce(command);
        if let Some(docker) = &self.docker {
            docker.announce(command);
        }
    }
}

//! `cargo xtask setup`: gets what pgs runs on, what its tests talk to and what its benchmarks are measured against.
//!
//! Every step looks first and leaves alone what is already there, so running it again costs a second.

mod bundle;
mod cache;
mod debian;
mod os_user;
mod outcome;
mod postgresql;
mod python;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::Result;

/// Get the PostgreSQL binaries and their OS user; with --tests and --bench, also what those need
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also an older PostgreSQL server and a Python driver, for the tests
    #[arg(long)]
    tests: bool,
    /// Also HAProxy and PgBouncer, for the benchmarks
    #[arg(long)]
    bench: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        if self.tests {
            tests()?;
        } else {
            product()?;
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

/// What the tests need on top of [`product`].
pub(crate) fn tests() -> Result<TestPeers> {
    let pg18_bindir = product()?;
    println!("Setting up what the tests talk to:");
    outcome::say("PostgreSQL 15", &debian::ensure_postgresql_15()?);
    let (python, outcome) = python::ensure_peers()?;
    outcome::say("psycopg", &outcome);
    Ok(TestPeers {
        pg18_bindir,
        pg15_bindir: debian::postgresql_15_bindir(),
        python,
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

/// Where the tests find the programs they talk to. What this machine cannot have is `None`.
#[derive(Debug)]
pub(crate) struct TestPeers {
    pg18_bindir: PathBuf,
    pg15_bindir: Option<PathBuf>,
    python: PathBuf,
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
    }
}

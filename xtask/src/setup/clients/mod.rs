//! The drivers of other languages, with the programs that run the tests' errand in them, compiled where they have to be.

mod jdbc;
mod node;
mod pq;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::bundle::{self, Bundle};
use super::outcome::{self, Outcome};
use super::{cache, debian};

/// Where they are. What this machine cannot have is `None`.
#[derive(Debug)]
pub(super) struct Clients {
    node: Option<PathBuf>,
    jdbc: Option<PathBuf>,
    pq: Option<PathBuf>,
}

impl Clients {
    pub(super) fn ensure() -> Result<Self> {
        Ok(Self {
            node: Client::of(&node::Node).ensure()?,
            jdbc: Client::of(&jdbc::Jdbc).ensure()?,
            pq: Client::of(&pq::Pq).ensure()?,
        })
    }

    pub(super) fn announce(&self, command: &mut Command) {
        for (variable, place) in [
            ("PGS_TEST_NODE_MODULES", &self.node),
            ("PGS_TEST_JDBC", &self.jdbc),
            ("PGS_TEST_PQ", &self.pq),
        ] {
            if let Some(place) = place {
                command.env(variable, place);
            }
        }
    }
}

/// A driver that is a bundle on top of packages of the system.
trait Driver: Bundle {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// The cache's name for its directory.
    fn place(&self) -> &'static str;
    /// Whether the system has what it stands on, wherever that came from.
    fn has_ground(&self) -> bool;
    /// Debian's packages of that.
    fn packages(&self) -> &'static [&'static str];
}

struct Client<'a, D> {
    driver: &'a D,
}

impl<'a, D: Driver> Client<'a, D> {
    const fn of(driver: &'a D) -> Self {
        Self { driver }
    }

    /// A machine can do without it: then the tests print a skip.
    fn ensure(&self) -> Result<Option<PathBuf>> {
        if !self.driver.has_ground() {
            let outcome = debian::ensure(self.driver.packages())?;
            if matches!(outcome, Outcome::Skipped { .. }) {
                outcome::say(self.driver.name(), &outcome);
                return Ok(None);
            }
        }
        let dir = cache::place(self.driver.place())?;
        let made = bundle::ensure(self.driver, &dir);
        let outcome = match &made {
            Ok(state) => state.of(&dir),
            Err(error) => skipped(error),
        };
        outcome::say(self.driver.name(), &outcome);
        Ok(made.is_ok().then_some(dir))
    }
}

fn skipped(error: &anyhow::Error) -> Outcome {
    Outcome::Skipped {
        why: format!("{error:#}"),
        remedy: "its tests are skipped".to_owned(),
    }
}

/// Whether such a program is on the path.
fn runs(program: &str, flag: &str) -> bool {
    crate::shell::succeeds(Command::new(program).arg(flag))
}

fn is_file(path: &str) -> bool {
    Path::new(path).is_file()
}

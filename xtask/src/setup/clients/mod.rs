//! The drivers of other languages, with the programs that run the tests' errand in them, compiled where they have to be;
//! and the server that judges the proxy's TLS.

mod jdbc;
mod node;
mod pq;
mod server_with_tls;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::bundle::{self, Bundle};
use super::outcome::{self, Outcome};
use super::{cache, debian};
use server_with_tls::ServerWithTls;

/// Where they are. What this machine cannot have is `None`.
#[derive(Debug)]
pub(super) struct Clients {
    node: Option<PathBuf>,
    jdbc: Option<PathBuf>,
    pq: Option<PathBuf>,
    server_with_tls: Option<PathBuf>,
}

impl Clients {
    pub(super) fn ensure() -> Result<Self> {
        Ok(Self {
            node: Client::of(&node::Node).ensure()?,
            jdbc: Client::of(&jdbc::Jdbc).ensure()?,
            pq: Client::of(&pq::Pq).ensure()?,
            server_with_tls: Client::of(&ServerWithTls)
                .ensure()?
                .and_then(|dir| ServerWithTls::bindir(&dir)),
        })
    }

    pub(super) fn announce(&self, command: &mut Command) {
        for (variable, place) in [
            ("PGS_TEST_NODE_MODULES", &self.node),
            ("PGS_TEST_JDBC", &self.jdbc),
            ("PGS_TEST_PQ", &self.pq),
            ("PGS_TEST_PG18_TLS_BINDIR", &self.server_with_tls),
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

/// Node and npm, from Debian's packages if the system has none.
pub(super) fn ensure_node() -> Result<()> {
    if has_node() {
        return Ok(());
    }
    let outcome = debian::ensure(&["nodejs", "npm"])?;
    outcome::say("Node", &outcome);
    match outcome {
        Outcome::Skipped { why, remedy } => bail!("there is no Node: {why}; {remedy}"),
        _ => Ok(()),
    }
}

fn has_node() -> bool {
    runs("node", "--version") && runs("npm", "--version")
}

/// Whether such a program is on the path.
fn runs(program: &str, flag: &str) -> bool {
    crate::shell::succeeds(Command::new(program).arg(flag))
}

fn is_file(path: &str) -> bool {
    Path::new(path).is_file()
}

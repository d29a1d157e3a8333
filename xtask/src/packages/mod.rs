//! The packages of other languages: what builds them, tests them and packs them.

mod language;
mod node;
mod python;
mod suite;

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::setup::{self, Need};
use crate::workspace::Workspace;
pub(crate) use language::Language;
use node::Node;
use python::Python;
pub(crate) use suite::Outcome;

/// Every language that has a package.
const LANGUAGES: [&dyn Language; 2] = [&Node, &Python];

/// Build, test or pack the packages of other languages: npm's `@sysnee/pgs` and `PyPI`'s `sysnee-pgs`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one: node or python
    #[arg(long)]
    only: Option<String>,
    /// Also run their tests
    #[arg(long)]
    test: bool,
    /// With --test: a thousand tenants that come and go, and a hundred at one time, instead of a few of them
    #[arg(long, requires = "test")]
    long: bool,
    /// Also make what is published, in release mode: the tarballs into bindings/node/build/packed, the wheel into
    /// target/packages/python
    #[arg(long)]
    pack: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        let peers = self
            .test
            .then(|| setup::tests(Need::Optional))
            .transpose()?;
        let mut failed = 0;
        for language in LANGUAGES {
            if self
                .only
                .as_ref()
                .is_some_and(|only| only != language.name())
            {
                continue;
            }
            language.ground()?;
            language.prepare(&workspace)?;
            language.build(&workspace)?;
            language.check_generated(&workspace)?;
            language.document(&workspace)?;
            if let Some(peers) = &peers {
                let mut announce = |command: &mut Command| {
                    peers.announce(command);
                    if self.long {
                        command.env("PGS_TEST_LONG", "1");
                    }
                };
                let limit = if self.long { suite::LONG } else { suite::SHORT };
                let outcome = suite::run(language, &workspace, limit, &mut announce)?;
                println!(
                    "{}: {} passed, {} failed",
                    language.name(),
                    outcome.tally.passed,
                    outcome.tally.failed
                );
                failed += outcome.tally.failed;
            }
            if self.pack {
                language.pack(&workspace)?;
            }
        }
        Ok(if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Builds and tests every package. One whose tools cannot be had is skipped, unless they are required: a registry that is out
/// of reach must not keep the other tests from running.
pub(crate) fn test(
    workspace: &Workspace,
    need: Need,
    mut announce: impl FnMut(&mut Command),
) -> Result<Outcome> {
    let mut all = Outcome::default();
    for language in LANGUAGES {
        let had = language.ground().and_then(|()| language.prepare(workspace));
        match (had, need) {
            (Ok(()), _) => {
                language.build(workspace)?;
                language.check_generated(workspace)?;
                language.document(workspace)?;
                all += suite::run(language, workspace, suite::SHORT, &mut announce)?;
            }
            (Err(why), Need::Required) => return Err(why),
            (Err(why), Need::Optional) => all.skips.push(format!(
                "SKIPPED: the package of {}: {}",
                language.name(),
                format!("{why:#}").replace('\n', " ")
            )),
        }
    }
    Ok(all)
}

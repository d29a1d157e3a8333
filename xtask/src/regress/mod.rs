//! `cargo xtask regress`: PostgreSQL's own regression suite, on a tenant's Unix socket and through the proxy.
//!
//! Both times it meets a new tenant of the same version. Every test has to end the same way, and to print the same; a
//! test that fails both times in the same way is the tenant's business and not the proxy's.

mod results;
mod round;

use std::process::ExitCode;

use anyhow::Result;

use crate::{setup, stage::Stage};
use results::Results;
use round::{Round, Way};

/// Run PostgreSQL's regression suite past the proxy and through it, and compare what every test prints
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also print the differences from what PostgreSQL's developers expect
    #[arg(long)]
    diffs: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let suite = setup::regression()?;
        let stage = Stage::set_up(&["--release"], vec![round::TENANT.to_owned()])?;
        let round = Round::new(&stage, &suite)?;
        let direct = round.run(Way::Socket)?;
        let proxied = round.run(Way::Proxy)?;
        println!("\nPostgreSQL {}, its regression suite:", suite.version);
        print!("{}", direct.table(&proxied));
        if self.diffs {
            print!("{}", proxied.diffs());
        }
        Ok(verdict(&direct, &proxied))
    }
}

fn verdict(direct: &Results, proxied: &Results) -> ExitCode {
    let different = direct.different(proxied);
    println!(
        "{} tests; on the socket {} passed, through the proxy {}; {} ended or printed otherwise",
        direct.count(),
        direct.passed(),
        proxied.passed(),
        different.len()
    );
    for name in &different {
        println!("  different: {name}");
    }
    if different.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

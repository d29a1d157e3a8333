//! `cargo xtask soak`: whether anything leaks or fails while clients of all kinds come and go.
//!
//! docs/guides/performance.md tells what it does and how to read it.

mod lasting;
mod load;
mod round;
mod sample;
mod settled;
mod trouble;
mod verdict;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::shell;
use crate::stage::Stage;
use lasting::Lasting;
use load::{Helper, Load};
use round::{HEADING, Round};
use sample::{Eye, Sample};
use settled::settled;
use trouble::Trouble;
use verdict::Calm;

/// Load `pgs serve` with clients of all kinds for a while, in rounds; after each, everything must be as before
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long all rounds together last
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// How many rounds there are
    #[arg(long, default_value_t = 30)]
    rounds: u64,
    /// Without optimisation
    #[arg(long)]
    debug: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let tenants = Trouble::ALL.iter().map(|trouble| trouble.tenant);
        let tenants: Vec<_> = tenants.chain([STEADY]).map(str::to_owned).collect();
        let flags: &[_] = if self.debug { &[] } else { &["--release"] };
        let stage = Stage::set_up(flags, tenants.clone())?;
        let helper = Helper::build(flags)?;
        stage.file("pgs.toml", CONFIGURATION)?;
        stage.file(SCRIPT, "select 1;\n")?;
        for tenant in &tenants {
            let password = ["--password-file", stage.password_file(), "--enable"];
            stage.pgs_quietly(&[&["create", tenant][..], &password].concat())?;
        }
        let proxy = stage.serve()?;
        shell::read(stage.client("pgbench", STEADY).args(["-i", "-q", STEADY]))?;
        let eye = Eye::on(&proxy, &stage);
        let calm = self.soak(&stage, &helper, &eye)?;
        drop(proxy);
        stage.strike()?;
        Ok(conclude(&calm))
    }

    fn soak(&self, stage: &Stage, helper: &Helper, eye: &Eye) -> Result<Calm> {
        let lasting = (0..LASTING).map(|_| Lasting::open(stage));
        let mut lasting = lasting.collect::<Result<Vec<_>>>()?;
        let mut calm = Calm::default();
        println!("\n{HEADING}");
        for number in 1..=self.rounds {
            let round = self.round(stage, helper, eye)?;
            for session in &mut lasting {
                session.ask(1)?;
            }
            let sample = settled(eye, calm.base(), LASTING)?;
            println!("{}", round.row(number, &sample));
            calm.add(sample);
        }
        for session in lasting {
            session.end()?;
        }
        let base = calm.base().context("there was no round")?;
        let left = Sample {
            descriptors: base.descriptors - 2 * LASTING,
            ..Sample::default()
        };
        let at_end = settled(eye, Some(&left), 0)?;
        println!("| at the end | | | | | | | {} |", at_end.cells());
        Ok(calm)
    }

    /// Ends some seconds before the next may begin, so that there is time to look.
    fn round(&self, stage: &Stage, helper: &Helper, eye: &Eye) -> Result<Round> {
        let seconds = (self.minutes * 60 / self.rounds.max(1))
            .saturating_sub(5)
            .max(5);
        let until = Instant::now() + Duration::from_secs(seconds);
        let load = Load::begin(stage, helper, seconds)?;
        let mut round = Round::default();
        while Instant::now() < until {
            for trouble in Trouble::ALL {
                let ended = trouble.make(stage, eye);
                round.ended += ended.with_context(|| format!("at {}", trouble.tenant))?;
                round.busiest = eye.sample()?.or_more(&round.busiest);
            }
        }
        round.counts = load.end()?;
        Ok(round)
    }
}

fn conclude(calm: &Calm) -> ExitCode {
    println!(
        "\nMemory over the last half: {:+.0} KiB by the line that fits best.",
        calm.trend()
    );
    let breaches = calm.breaches();
    for breach in &breaches {
        println!("BREACH: {breach}");
    }
    if breaches.is_empty() {
        println!("Nobody failed who should not have, and nothing was left over.");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The tenant whose clients may not notice anything.
const STEADY: &str = "steady";
const SCRIPT: &str = "select-1.sql";
const LASTING: u64 = 3;
/// Strangers are on this machine, and are to be treated as if they were not.
const CONFIGURATION: &str = "\
[serve]
disclose = \"never\"

[serve.bans]
loopback = true
first_seconds = 3
longest_seconds = 3
";

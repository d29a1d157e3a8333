use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, ChildStdout};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::helper_program::Helper;
use crate::stage::{PASSWORD, Stage};

/// The tenant whose clients are listened to.
pub(super) const CALM: &str = "calm";
/// The tenant that takes its time to start.
pub(super) const STARTING: &str = "late";
/// The tenant whose clients do not read.
pub(super) const FULL: &str = "full";

/// One of the storms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attack {
    SlowLoris(usize),
    Garbage,
    Arrivals,
    SlowReaders,
}

impl Attack {
    /// The second storm has more connections than the proxy has places for them.
    pub(super) const ALL: [Self; 5] = [
        Self::SlowLoris(2000),
        Self::SlowLoris(4000),
        Self::Garbage,
        Self::Arrivals,
        Self::SlowReaders,
    ];

    pub(super) fn name(self) -> String {
        match self {
            Self::SlowLoris(count) => format!("{count} slow-loris connections"),
            Self::Garbage => "5000 connects of garbage a second".to_owned(),
            Self::Arrivals => "500 clients of a tenant that is starting".to_owned(),
            Self::SlowReaders => "1000 clients that do not read".to_owned(),
        }
    }

    /// Ready when the storm is at its height.
    pub(super) fn begin(self, stage: &Stage, helper: &Helper, seconds: f64) -> Result<Begun> {
        let starting = match self {
            Self::Arrivals => Some(SlowStart::begin(stage, seconds)?),
            _ => None,
        };
        let count = |count: usize| count.to_string();
        let args: Vec<String> = match self {
            Self::SlowLoris(connections) => {
                vec![
                    "slow-loris".into(),
                    "--connections".into(),
                    count(connections),
                ]
            }
            Self::Garbage => vec!["garbage".into(), "--rate".into(), count(5000)],
            Self::Arrivals => ["arrivals", "--clients", "500", "--tenant", STARTING]
                .map(str::to_owned)
                .to_vec(),
            Self::SlowReaders => {
                let who = ["--tenant", FULL, "--password", PASSWORD];
                let what = ["slow-readers", "--sessions", "1000"];
                what.into_iter().chain(who).map(str::to_owned).collect()
            }
        };
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        Begun::wait_for(helper.attacker(&args)?, starting)
    }
}

/// A storm that goes on until it is ended.
pub(super) struct Begun {
    attacker: Child,
    said: BufReader<ChildStdout>,
    starting: Option<SlowStart>,
}

impl Begun {
    fn wait_for(mut attacker: Child, starting: Option<SlowStart>) -> Result<Self> {
        let said = attacker.stdout.take().context("the attacker is silent")?;
        let mut said = BufReader::new(said);
        let mut line = String::new();
        said.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the attacker failed");
        Ok(Self {
            attacker,
            said,
            starting,
        })
    }

    /// What the attacker says it did.
    pub(super) fn end(mut self) -> Result<String> {
        drop(self.attacker.stdin.take());
        let mut said = String::new();
        self.said.read_to_string(&mut said)?;
        ensure!(self.attacker.wait()?.success(), "the attacker failed");
        if let Some(starting) = self.starting {
            starting.end()?;
        }
        Ok(said.trim().to_owned())
    }
}

/// A tenant whose server takes longer to start than a storm takes: its `postgres` waits before it becomes the real one.
struct SlowStart {
    pgs: Child,
    _programs: TempDir,
}

impl SlowStart {
    fn begin(stage: &Stage, seconds: f64) -> Result<Self> {
        let programs = slow_programs(stage.bindir(), seconds + AHEAD)?;
        stage.pgs_quietly(&["stop", "--tenant", STARTING])?;
        let mut pgs = stage.begin(&["start", "--tenant", STARTING], programs.path())?;
        while !stage.pgs_quietly(&["show", STARTING])?.contains("starting") {
            ensure!(
                pgs.try_wait()?.is_none(),
                "the tenant is not long enough on its way"
            );
        }
        Ok(Self {
            pgs,
            _programs: programs,
        })
    }

    fn end(self) -> Result<()> {
        let output = self.pgs.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the tenant did not start: {said}");
        Ok(())
    }
}

fn slow_programs(bindir: &Path, seconds: f64) -> Result<TempDir> {
    let permissions = Permissions::from_mode(0o755);
    let programs = tempfile::Builder::new()
        .prefix("pgs-storm-")
        .permissions(permissions.clone())
        .tempdir()?;
    for program in fs::read_dir(bindir)? {
        let program = program?;
        if program.file_name() != "postgres" {
            symlink(program.path(), programs.path().join(program.file_name()))?;
        }
    }
    let script = programs.path().join("postgres");
    let real = bindir.join("postgres");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *-D*) sleep {seconds} ;; esac\nexec {} \"$@\"\n",
        real.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, permissions)?;
    Ok(programs)
}

/// Until the attackers are there.
const AHEAD: f64 = 2.0;

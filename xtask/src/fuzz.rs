//! `cargo xtask fuzz`: runs every fuzz target for a while, on the stable compiler.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::shell;
use crate::workspace::Workspace;

/// Run the fuzz targets, each for the same time, starting from the seeds in fuzz/corpus
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long each target runs
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often each target runs, however long that takes
    #[arg(long, conflicts_with = "seconds")]
    runs: Option<u64>,
    /// With the address sanitizer, which makes every run about half as fast
    #[arg(long)]
    asan: bool,
    /// Only this target
    #[arg(long)]
    target: Option<String>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        let targets = self.targets(&workspace.root.join(TARGETS))?;
        ensure_cargo_fuzz()?;
        for target in &targets {
            self.fuzz(&workspace, target)?;
        }
        println!(
            "found nothing in {} each of {}",
            self.amount(),
            targets.join(", ")
        );
        Ok(ExitCode::SUCCESS)
    }

    fn targets(&self, folder: &Path) -> Result<Vec<String>> {
        let all = names(folder)?;
        let Some(wanted) = &self.target else {
            return Ok(all);
        };
        ensure!(
            all.contains(wanted),
            "there is no fuzz target {wanted}; there is {}",
            all.join(", ")
        );
        Ok(vec![wanted.clone()])
    }

    /// libFuzzer writes its finds into the first corpus, so that is a scratch one and the working tree stays clean.
    fn fuzz(&self, workspace: &Workspace, target: &str) -> Result<()> {
        let finds = workspace.target.join("fuzz-corpus").join(target);
        fs::create_dir_all(&finds)?;
        let mut fuzz = workspace.cargo();
        fuzz.args(["fuzz", "run", "--features", "libfuzzer"]);
        self.sanitize(&mut fuzz);
        fuzz.arg(target).arg(&finds);
        let seeds = format!("fuzz/corpus/{target}");
        if workspace.root.join(&seeds).is_dir() {
            fuzz.arg(seeds);
        }
        fuzz.args(["--", &self.limit()]).args(LIBFUZZER_FLAGS);
        shell::run(&mut fuzz).with_context(|| format!("{target} found something, or did not build"))
    }

    fn limit(&self) -> String {
        match self.runs {
            Some(runs) => format!("-runs={runs}"),
            None => format!("-max_total_time={}", self.seconds),
        }
    }

    fn amount(&self) -> String {
        match self.runs {
            Some(runs) => format!("{runs} runs"),
            None => format!("{} seconds", self.seconds),
        }
    }

    /// The stable compiler has the sanitizer too, behind the switch for building itself.
    fn sanitize(&self, fuzz: &mut Command) {
        if self.asan {
            fuzz.args(["-s", "address"]).env("RUSTC_BOOTSTRAP", "1");
        } else {
            fuzz.args(["-s", "none"]);
        }
    }
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("there are no fuzz targets in {TARGETS}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(
                path.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

fn ensure_cargo_fuzz() -> Result<()> {
    let found = shell::read(Command::new("cargo").args(["fuzz", "--version"]));
    if found.is_ok_and(|found| found.split_whitespace().nth(1) == Some(VERSION)) {
        return Ok(());
    }
    if !shell::succeeds(Command::new("c++").arg("--version")) {
        bail!(
            "libFuzzer needs a C++ compiler: run `apt-get install g++`, or your system's equivalent"
        );
    }
    shell::run(Command::new("cargo").args([
        "install",
        "cargo-fuzz",
        "--version",
        VERSION,
        "--locked",
    ]))
}

const VERSION: &str = "0.13.2";
const TARGETS: &str = "fuzz/fuzz_targets";
/// Longer inputs find little more and take their time; the longer seeds are replayed by the tests.
const LIBFUZZER_FLAGS: [&str; 2] = ["-print_final_stats=1", "-max_len=1024"];

//! `cargo xtask integrity`: whether every byte arrives, whatever way the proxy moves it.
//!
//! docs/guides/performance.md tells what it does and how to read it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use serde::Deserialize;
use tempfile::TempDir;

use crate::workspace::Workspace;
use crate::{setup, shell};

/// Send gigabytes both ways through many sessions at one time, cut at random, and compare every byte
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How much goes each way over each of the ways, all sessions together
    #[arg(long, default_value_t = 1.0)]
    gib: f64,
    /// How many sessions there are at one time
    #[arg(long, default_value_t = 64)]
    sessions: u32,
    /// Only these ways
    #[arg(long, value_parser = WAYS.map(|(way, _)| way))]
    only: Vec<String>,
    /// Decides everything that is random [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Without optimisation
    #[arg(long)]
    debug: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        setup::product()?;
        let helper = Helper::build(if self.debug { &[] } else { &["--release"] })?;
        let seed = self.seed.unwrap_or_else(rand::random);
        println!(
            "{} GiB each way over each of the ways, {} sessions at one time, --seed {seed}:\n\n{HEADING}",
            self.gib, self.sessions
        );
        let mut failed = false;
        for (way, sockets) in WAYS {
            if !self.only.is_empty() && !self.only.iter().any(|only| only == way) {
                continue;
            }
            match helper.send(way, self.sessions, self.bytes(), seed) {
                Ok(passed) => println!("{}", passed.row(way, sockets)),
                Err(error) => {
                    failed = true;
                    println!("| {way}: {sockets} | FAILED: {error:#} |");
                }
            }
        }
        Ok(if failed {
            ExitCode::FAILURE
        } else {
            println!("\nEvery byte arrived, in its place, and nothing else.");
            ExitCode::SUCCESS
        })
    }

    /// That each side of each session sends.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of bytes that a person asks for"
    )]
    fn bytes(&self) -> u64 {
        (self.gib * GIB / f64::from(self.sessions.max(1))).max(1.0) as u64
    }
}

/// What came of one way.
#[derive(Debug, Deserialize)]
struct Seen {
    to_server: u64,
    to_client: u64,
    seconds: f64,
    pipes: usize,
}

impl Seen {
    fn row(&self, way: &str, sockets: &str) -> String {
        let Self {
            to_server,
            to_client,
            seconds,
            pipes,
        } = self;
        format!("| {way}: {sockets} | {to_server} | {to_client} | {seconds:.1} | {pipes} |")
    }
}

/// The program in which the proxy and its peers are, where another user can run it.
struct Helper {
    stage: TempDir,
    program: PathBuf,
    user: Option<(u32, u32)>,
}

impl Helper {
    fn build(flags: &[&str]) -> Result<Self> {
        let built = Workspace::load()?.build_helper("integrity-helper", flags)?;
        let user = setup::servers_ids()?;
        let stage = tempfile::Builder::new()
            .prefix("pgs-integrity-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        // The workspace may lie where only its owner looks.
        let program = stage.path().join("integrity-helper");
        fs::copy(built, &program)?;
        if let Some((uid, gid)) = user {
            chown(stage.path(), Some(uid), Some(gid))?;
        }
        Ok(Self {
            stage,
            program,
            user,
        })
    }

    /// Not as root, who gets as many pipes as he likes.
    fn send(&self, way: &str, sessions: u32, bytes: u64, seed: u64) -> Result<Seen> {
        let mut command = Command::new(&self.program);
        command.args(["--way", way, "--sessions", &sessions.to_string()]);
        command.args(["--bytes", &bytes.to_string(), "--seed", &seed.to_string()]);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let stage = self.stage.path();
        let said = shell::read(command.current_dir(stage).env("TMPDIR", stage))?;
        serde_json::from_str(&said).context("the helper said something else than what it saw")
    }
}

const WAYS: [(&str, &str); 6] = [
    ("tcp", "TCP, TCP; may be moved within the kernel both ways"),
    ("tenant", "TCP, Unix; may be moved so to the server"),
    ("no-pipes", "TCP, TCP, no pipe left; copied"),
    ("unix", "Unix, Unix; copied"),
    ("tls-tcp", "TLS, TCP; copied"),
    ("tls-tenant", "TLS, Unix; copied"),
];
const HEADING: &str = "\
| client's and server's socket | bytes to servers | bytes to clients | seconds | most pipes at one time |
|---|---|---|---|---|";
const GIB: f64 = 1_073_741_824.0;

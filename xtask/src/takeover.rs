//! `cargo xtask takeover`: one `pgs serve` after another takes over under load.
//!
//! Not a test, since it takes a minute; it fails, though, when one connection attempt fails or one session is dropped.

use crate::{
    pgbench::finished,
    stage::{Proxy, Stage},
};
use anyhow::{Context, Result, ensure};
use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// Replace the proxy again and again under load, and count what fails
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many times
    #[arg(long, default_value_t = 10)]
    takeovers: u32,
    /// For how long the load lasts; the takeovers are spread over it
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many clients connect anew for each query
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Measure a debug build
    #[arg(long)]
    debug: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let flags: &[&str] = if self.debug { &[] } else { &["--release"] };
        let stage = Stage::set_up(flags, vec![TENANT.to_owned()])?;
        let password = ["--password-file", stage.password_file()];
        stage.pgs_quietly(&[&["create", TENANT, "--enable"][..], &password].concat())?;
        let script = stage.file("select-1.sql", "select 1;\n")?;
        let oldest = stage.serve()?;
        let mut held = Held::open(&stage)?;
        let (newest, replaced) = self.take_over_under_load(&stage, oldest, &script)?;

        held.cancels(&stage)?;
        held.commits()?;
        for proxy in replaced {
            proxy.ended()?;
        }
        println!("Every proxy that was replaced has ended by itself.");
        drop(newest);
        stage.strike()?;
        Ok(ExitCode::SUCCESS)
    }

    fn take_over_under_load(
        &self,
        stage: &Stage,
        oldest: Proxy,
        script: &Path,
    ) -> Result<(Proxy, Vec<Proxy>)> {
        let begun = Instant::now();
        let mut connecting = stage.pgbench(TENANT, self.clients, self.seconds, script);
        let mut connecting = connecting.arg("--connect").spawn()?;
        let pause = Duration::from_secs(self.seconds) / (self.takeovers + 1);
        let (mut newest, mut replaced, mut lasting) = (oldest, Vec::new(), Vec::new());
        for done in 1..=self.takeovers {
            // Sessions of every generation live until the end of the load.
            let left = self.seconds.saturating_sub(begun.elapsed().as_secs());
            lasting.push(stage.pgbench(TENANT, 2, left, script).spawn()?);
            sleep((pause * done).saturating_sub(begun.elapsed()));
            let next = stage.take_over()?;
            replaced.push(std::mem::replace(&mut newest, next));
        }
        let still = connecting.try_wait()?.is_none();
        ensure!(
            still,
            "the load ended before the last takeover: give it more --seconds"
        );
        report(self.takeovers, connecting, lasting)?;
        Ok((newest, replaced))
    }
}

fn report(takeovers: u32, connecting: Child, lasting: Vec<Child>) -> Result<()> {
    let connections = finished(connecting)?;
    let (sessions, mut queries) = (lasting.len() * 2, 0);
    for client in lasting {
        queries += finished(client)?;
    }
    println!(
        "{takeovers} takeovers: {connections} connections, none failed; {sessions} lasting sessions with {queries} queries, none dropped"
    );
    Ok(())
}

/// Two sessions of the oldest proxy: one in a transaction, one in a query that lasts.
struct Held {
    transaction: Child,
    answers: BufReader<std::process::ChildStdout>,
    query: Child,
}

impl Held {
    fn open(stage: &Stage) -> Result<Self> {
        let mut transaction = psql(stage).stdin(Stdio::piped()).spawn()?;
        let stdout = transaction.stdout.take().context("psql says nothing")?;
        let query = psql(stage).args(["-c", "select pg_sleep(6000)"]).spawn()?;
        let mut held = Self {
            transaction,
            answers: BufReader::new(stdout),
            query,
        };
        held.ask("begin;", "BEGIN")?;
        held.ask("create table kept as select 42 as n;", "SELECT 1")?;
        Ok(held)
    }

    fn ask(&mut self, sql: &str, expected: &str) -> Result<()> {
        let stdin = self
            .transaction
            .stdin
            .as_mut()
            .context("psql hears nothing")?;
        writeln!(stdin, "{sql}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        ensure!(
            answer.trim_end() == expected,
            "psql answered `{answer}` to `{sql}`"
        );
        Ok(())
    }

    /// Through the newest proxy, to the server that the oldest one leads to.
    fn cancels(&mut self, stage: &Stage) -> Result<()> {
        let interrupted = Command::new("kill")
            .args(["-INT", &self.query.id().to_string()])
            .status()?;
        ensure!(interrupted.success(), "psql could not be interrupted");
        let mut complaint = String::new();
        let stderr = self
            .query
            .stderr
            .as_mut()
            .context("psql complains of nothing")?;
        stderr.read_to_string(&mut complaint)?;
        self.query.wait()?;
        let cancelled = complaint.contains("canceling statement due to user request");
        ensure!(
            cancelled,
            "the query of the oldest session was not cancelled: {complaint}"
        );
        let left = "select count(*) from pg_stat_activity where query = 'select pg_sleep(6000)' and state = 'active'";
        let left = stage.psql_silent(TENANT, left).output()?;
        ensure!(
            left.stdout == b"0\n",
            "the cancelled query still runs: {left:?}"
        );
        println!("A cancel request reached the session of the oldest proxy.");
        Ok(())
    }

    fn commits(mut self) -> Result<()> {
        self.ask("commit;", "COMMIT")?;
        self.ask("select n from kept;", "42")?;
        drop(self.transaction.stdin.take());
        ensure!(self.transaction.wait()?.success(), "psql failed");
        println!("The transaction that was open all the time is committed.");
        Ok(())
    }
}

fn psql(stage: &Stage) -> Command {
    let mut psql = stage.client("psql", TENANT);
    psql.args(["-XAt", "-d", TENANT])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    psql
}

const TENANT: &str = "acme";

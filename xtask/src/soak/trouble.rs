use std::ops::AddAssign;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::sample::Eye;
use crate::stage::Stage;

/// How a tenant is taken away from its clients, and given back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) tenant: &'static str,
    away: &'static str,
    back: &'static str,
}

/// How sessions ended: told 57P01, or without a word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ended {
    pub(super) told: u64,
    pub(super) cut: u64,
}

impl Trouble {
    /// Each at a tenant of its own.
    pub(super) const ALL: [Self; 2] = [
        Self {
            tenant: "barred",
            away: "disable",
            back: "enable",
        },
        Self {
            tenant: "restarted",
            away: "stop",
            back: "start",
        },
    ];

    /// Sessions that are there are told 57P01, new ones are refused until the tenant is back.
    pub(super) fn make(self, stage: &Stage, eye: &Eye) -> Result<Ended> {
        let sessions = (0..SESSIONS).map(|_| self.sleep(stage));
        let sessions = sessions.collect::<Result<Vec<_>>>()?;
        self.wait_until_asleep(stage)?;
        let script = stage.state_dir().join(super::SCRIPT);
        let mut busy = stage.pgbench(self.tenant, 2, 600, &script).spawn()?;
        let revoked = eye.revoked()?;
        stage.pgs_quietly(&[self.away, self.tenant])?;
        let mut ended = Ended::default();
        for session in sessions {
            ended.count(&session.wait_with_output()?)?;
        }
        let noticed = !busy.wait()?.success();
        ensure!(noticed, "a busy client noticed nothing of `{}`", self.away);
        self.check(ended, || Ok(eye.revoked()? - revoked))?;
        self.refused(stage)?;
        stage.pgs_quietly(&[self.back, self.tenant])?;
        let asked = stage.psql_silent(self.tenant, "select 1").output()?;
        ensure!(asked.stdout == b"1\n", "after `{}`: {asked:?}", self.back);
        Ok(ended)
    }

    /// Without a word only those may have ended whose server was too slow with it when the tenant was disabled, and whom
    /// the proxy cut for that.
    fn check(self, ended: Ended, cut_by_proxy: impl FnOnce() -> Result<u64>) -> Result<()> {
        let away = self.away;
        ensure!(
            ended.cut == 0 || away == "disable",
            "{} sessions were not told 57P01 by `{away}`",
            ended.cut
        );
        let cut = cut_by_proxy()?;
        ensure!(
            ended.cut <= cut,
            "{} sessions were not told 57P01 by `{away}`, but the proxy cut {cut}",
            ended.cut
        );
        Ok(())
    }

    fn sleep(self, stage: &Stage) -> Result<Child> {
        let mut psql = stage.psql_silent(self.tenant, SLEEP);
        psql.args(["-v", "VERBOSITY=verbose"]);
        psql.stdout(Stdio::null()).stderr(Stdio::piped());
        psql.spawn().context("psql cannot be run")
    }

    fn wait_until_asleep(self, stage: &Stage) -> Result<()> {
        let count = format!(
            "select count(*) from pg_stat_activity where query = '{SLEEP}' and state = 'active'"
        );
        let began = Instant::now();
        loop {
            let counted = stage.psql_silent(self.tenant, &count).output()?;
            ensure!(
                counted.status.success(),
                "{} is not there: {counted:?}",
                self.tenant
            );
            if counted.stdout == format!("{SESSIONS}\n").as_bytes() {
                return Ok(());
            }
            let tenant = self.tenant;
            ensure!(
                began.elapsed() < LIMIT,
                "the sessions of {tenant} do not begin"
            );
        }
    }

    /// As far as a stranger can tell, it has the wrong password.
    fn refused(self, stage: &Stage) -> Result<()> {
        let output = stage.psql_silent(self.tenant, "select 1").output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let is_refused =
            !output.status.success() && said.contains("password authentication failed");
        ensure!(
            is_refused,
            "after `{}`, a new client was told: {said}",
            self.away
        );
        Ok(())
    }
}

impl Ended {
    fn count(&mut self, output: &Output) -> Result<()> {
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("57P01") {
            self.told += 1;
        } else if said.contains("closed the connection unexpectedly") {
            self.cut += 1;
        } else {
            bail!("a session ended with: {said}");
        }
        Ok(())
    }
}

impl AddAssign for Ended {
    fn add_assign(&mut self, other: Self) {
        self.told += other.told;
        self.cut += other.cut;
    }
}

const SESSIONS: u64 = 8;
const SLEEP: &str = "select pg_sleep(600)";
const LIMIT: Duration = Duration::from_mins(1);

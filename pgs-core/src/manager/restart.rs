use super::TenantManager;
use crate::{
    Desired, Error, Lifecycle, Result, TenantRecord, TenantUid, Timestamp, catalog::EventKind,
    provision::Instance,
};
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

/// When a server that died is started again, and when pgs gives it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestartPolicy {
    /// How long to wait before the second start in a row; the first is at once, each further one waits twice as long.
    /// Default: 500 ms.
    pub first_backoff: Duration,
    /// The longest wait. Default: 30 s.
    pub longest_backoff: Duration,
    /// How many deaths within the window make a crash loop. Default: 6.
    pub deaths: usize,
    /// The window. Default: 10 minutes.
    pub window: Duration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            first_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(30),
            deaths: 6,
            window: Duration::from_mins(10),
        }
    }
}

/// The deaths of one server, as far as they matter.
#[derive(Clone, Debug, Default)]
pub struct RestartHistory {
    deaths: VecDeque<Timestamp>,
}

/// What to do about a server that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Start it again after this long.
    RestartAfter(Duration),
    /// It dies again and again: leave it.
    GiveUp,
}

impl RestartHistory {
    /// Notes a death at this time and says what to do. The caller brings the time, so that tests need no waiting.
    pub fn died(&mut self, now: Timestamp, policy: &RestartPolicy) -> Verdict {
        let is_old =
            |death: &Timestamp| u128::from(now.millis_since(*death)) > policy.window.as_millis();
        while self.deaths.front().is_some_and(is_old) {
            self.deaths.pop_front();
        }
        self.deaths.push_back(now);
        if self.deaths.len() >= policy.deaths {
            return Verdict::GiveUp;
        }
        Verdict::RestartAfter(backoff(self.deaths.len(), policy))
    }
}

fn backoff(deaths: usize, policy: &RestartPolicy) -> Duration {
    let Some(doublings) = deaths.checked_sub(2) else {
        return Duration::ZERO;
    };
    let factor = u32::try_from(doublings)
        .ok()
        .and_then(|doublings| 2_u32.checked_pow(doublings));
    let wait = factor.and_then(|factor| policy.first_backoff.checked_mul(factor));
    wait.map_or(policy.longest_backoff, |wait| {
        wait.min(policy.longest_backoff)
    })
}

/// What became of an attempt to start a server that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revival {
    /// It runs again.
    Revived,
    /// There was nothing to revive: it was stopped on purpose, is being worked on, or runs.
    NotNeeded,
}

impl TenantManager {
    /// Starts the server of this tenant again if it should be running and is not.
    ///
    /// Fails when the start fails; the tenant is then failed until the next attempt succeeds.
    pub async fn revive(&self, uid: TenantUid) -> Result<Revival> {
        let _lock = self.catalog().lock(uid).await?;
        let Some(record) = self.catalog().get_by_uid(uid).await? else {
            return Ok(Revival::NotNeeded);
        };
        if !self.has_died(&record).await? {
            self.follow_if_running(&record).await?;
            return Ok(Revival::NotNeeded);
        }
        if record.lifecycle == Lifecycle::Running {
            let why = self.exit_reason(&record).await;
            let crashed = |record: &mut TenantRecord| record.move_to(Lifecycle::Starting);
            self.change(uid, EventKind::Crashed, why.as_deref(), crashed)
                .await?;
        }
        self.bring_up(&record).await?;
        Ok(Revival::Revived)
    }

    /// A server that ended and runs all the same was started by somebody else, and may listen elsewhere.
    async fn follow_if_running(&self, record: &TenantRecord) -> Result<()> {
        if (record.desired, &record.lifecycle) != (Desired::Running, &Lifecycle::Running) {
            return Ok(());
        }
        match self.find(record).await? {
            Some(instance) => self.follow(record, &instance).await.map(drop),
            None => Ok(()),
        }
    }

    /// Whether the tenant should run and does not: its server is gone although nobody asked for that, or a start failed.
    ///
    /// A provisioner that cannot be asked is an error, also where a start failed: nothing could be started now, and that
    /// is no death of a server.
    pub async fn has_died(&self, record: &TenantRecord) -> Result<bool> {
        match (record.desired, &record.lifecycle) {
            (Desired::Running, Lifecycle::Failed(_)) => self.is_up(record).await.map(|_| true),
            (Desired::Running, Lifecycle::Running) => Ok(!self.is_up(record).await?),
            _ => Ok(false),
        }
    }

    /// The same for several tenants of one provisioner, in their order, with a single question to it.
    pub async fn have_died(&self, records: &[TenantRecord]) -> Vec<Result<bool>> {
        let up = self.servers_beside(records).await;
        let has_died = |record: &TenantRecord| {
            if !record.should_run() {
                return Ok(false);
            }
            self.provisioner_of(record)?;
            let is_up = up.as_ref().map_err(repeated)?.contains(&record.uid);
            Ok(!is_up || matches!(record.lifecycle, Lifecycle::Failed(_)))
        };
        records.iter().map(has_died).collect()
    }

    /// The tenants whose servers are up, of the provisioner that made these.
    async fn servers_beside(&self, records: &[TenantRecord]) -> Result<BTreeSet<TenantUid>> {
        let Some(record) = records.iter().find(|record| record.should_run()) else {
            return Ok(BTreeSet::new());
        };
        let found = self.provisioner_of(record)?.list().await?;
        let up = found.into_iter().filter(Instance::is_up);
        Ok(up.map(|instance| instance.uid).collect())
    }

    /// Why the tenant's server that ran last is gone; none where nobody can tell.
    pub async fn exit_reason(&self, record: &TenantRecord) -> Option<String> {
        let ask = async { self.provisioner_of(record)?.exit_reason(record.uid).await };
        ask.await
            .inspect_err(|error| tracing::warn!(tenant = %record.id, error = %error.chain(), "why the server is gone cannot be told"))
            .ok()
            .flatten()
    }

    /// Waits until no server of this tenant runs any more; at once, when none does.
    pub async fn exited(&self, record: &TenantRecord) -> Result<()> {
        self.provisioner_of(record)?.exited(record.uid).await
    }

    /// Records that this tenant's server dies again and again, and why nothing more is tried until a person starts it.
    pub async fn give_up(&self, uid: TenantUid, reason: &str) -> Result<()> {
        let (_lock, record) = self.locked_uid(uid).await?;
        if self.has_died(&record).await? {
            let given_up = |record: &mut TenantRecord| {
                record.desired = Desired::Stopped;
                record.move_to(Lifecycle::Failed(reason.to_owned()))
            };
            self.change(uid, EventKind::Failed, Some(reason), given_up)
                .await?;
        }
        Ok(())
    }
}

/// The same error once more, for another tenant that it concerns.
fn repeated(error: &Error) -> Error {
    let again = Error::new(error.kind(), error.chain());
    match error.remedy() {
        Some(remedy) => again.with_remedy(remedy),
        None => again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    #[test]
    fn the_first_death_is_mended_at_once_and_later_ones_ever_slower() {
        let (mut history, policy) = (RestartHistory::default(), RestartPolicy::default());
        let waits: Vec<_> = (0..5)
            .map(|second| history.died(at(second), &policy))
            .collect();
        let expected = [0, 500, 1000, 2000, 4000]
            .map(Duration::from_millis)
            .map(Verdict::RestartAfter);
        assert_eq!(waits, expected);
        assert_eq!(history.died(at(6), &policy), Verdict::GiveUp);
    }

    #[test]
    fn deaths_long_ago_do_not_count() {
        let (mut history, policy) = (RestartHistory::default(), RestartPolicy::default());
        for day in 0..100 {
            let verdict = history.died(at(day * 86_400), &policy);
            assert_eq!(verdict, Verdict::RestartAfter(Duration::ZERO));
        }
    }

    #[test]
    fn the_wait_is_bounded() {
        let policy = RestartPolicy {
            deaths: 1000,
            ..RestartPolicy::default()
        };
        assert_eq!(backoff(900, &policy), policy.longest_backoff);
    }
}

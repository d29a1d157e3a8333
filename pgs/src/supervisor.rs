use crate::{Pgs, SystemClock, finish::finish};
use pgs_core::{
    Clock, Lifecycle, Result, TenantRecord, TenantUid,
    catalog::Version,
    manager::{RestartHistory, RestartPolicy, Verdict},
};
use std::{collections::HashMap, future::Future, time::Duration};
use tokio::task::{AbortHandle, JoinSet};

/// How often the catalogue is asked whether anything changed: microseconds when nothing did.
const TICK: Duration = Duration::from_millis(250);
/// How often what other processes left unfinished is looked for.
const RECOVERY: Duration = Duration::from_secs(15);

/// Keeps the tenants running that should run: notices a server's death, starts it again, and gives up on a crash loop.
///
/// `pgs serve` runs one. Several at a time, in several processes, do no harm: each restart holds its tenant's lock.
#[derive(Debug)]
pub struct Supervisor {
    pgs: Pgs,
    policy: RestartPolicy,
    watchers: JoinSet<TenantUid>,
    watched: HashMap<TenantUid, AbortHandle>,
    seen: Option<Version>,
}

impl Supervisor {
    /// A supervisor of every tenant in this manager's catalogue.
    #[must_use]
    pub fn new(pgs: Pgs, policy: RestartPolicy) -> Self {
        Self {
            pgs,
            policy,
            watchers: JoinSet::new(),
            watched: HashMap::new(),
            seen: None,
        }
    }

    /// Brings every tenant to where it should be, then watches over them until `shutdown` is ready.
    ///
    /// Servers go on running when it returns.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<()> {
        self.settle().await;
        let mut tick = tokio::time::interval(TICK);
        let mut recovery = tokio::time::interval(RECOVERY);
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                _ = tick.tick() => self.look_around().await,
                _ = recovery.tick() => self.settle_unfinished().await,
                Some(ended) = self.watchers.join_next() => self.forget(ended.ok()),
            }
        }
    }

    async fn settle(&self) {
        match self.pgs.reconcile().await {
            Ok(report) => log_report(&report),
            Err(error) => {
                tracing::error!(error = %error.chain(), "tenants could not be reconciled");
            }
        }
    }

    async fn settle_unfinished(&self) {
        match self.pgs.recover().await {
            Ok(report) => log_report(&report),
            Err(error) => {
                tracing::error!(error = %error.chain(), "unfinished work could not be looked for");
            }
        }
    }

    async fn look_around(&mut self) {
        if let Err(error) = self.watch_all().await {
            tracing::error!(error = %error.chain(), "the catalogue cannot be read; looking again");
        }
    }

    async fn watch_all(&mut self) -> Result<()> {
        let version = self.pgs.manager().catalog().version()?;
        if self.seen == Some(version) {
            return Ok(());
        }
        for record in self.pgs.list().await? {
            if record.lifecycle == Lifecycle::Running && !self.watched.contains_key(&record.uid) {
                let watch = watch(self.pgs.clone(), record.clone(), self.policy);
                self.watched.insert(record.uid, self.watchers.spawn(watch));
            }
        }
        self.seen = Some(version);
        Ok(())
    }

    fn forget(&mut self, ended: Option<TenantUid>) {
        match ended {
            Some(uid) => drop(self.watched.remove(&uid)),
            None => self.watched.retain(|_, watcher| !watcher.is_finished()),
        }
        // It may run again by now, so look without waiting for the next change.
        self.seen = None;
    }
}

/// Watches one tenant until it is stopped on purpose, removed, or given up.
async fn watch(pgs: Pgs, record: TenantRecord, policy: RestartPolicy) -> TenantUid {
    let (uid, mut history) = (record.uid, RestartHistory::default());
    loop {
        let outcome = watch_once(&pgs, &record, &policy, &mut history).await;
        match outcome {
            Ok(Watch::GoesOn) => {}
            Ok(Watch::Ends) => return uid,
            Err(error) => {
                tracing::warn!(tenant = %record.id, error = %error.chain(), "the server did not come back");
            }
        }
    }
}

enum Watch {
    GoesOn,
    Ends,
}

async fn watch_once(
    pgs: &Pgs,
    record: &TenantRecord,
    policy: &RestartPolicy,
    history: &mut RestartHistory,
) -> Result<Watch> {
    let uid = record.uid;
    pgs.manager().exited(record).await?;
    if !died(pgs, uid).await? {
        return Ok(Watch::Ends);
    }
    let verdict = history.died(SystemClock.now(), policy);
    let Verdict::RestartAfter(wait) = verdict else {
        give_up(pgs, record, policy).await?;
        return Ok(Watch::Ends);
    };
    tracing::warn!(tenant = %record.id, ?wait, "the server died; starting it again");
    tokio::time::sleep(wait).await;
    let manager = pgs.manager().clone();
    finish(async move { manager.revive(uid).await }).await?;
    Ok(Watch::GoesOn)
}

/// Whether the server is gone although nobody asked for that, by the record as it is now.
async fn died(pgs: &Pgs, uid: TenantUid) -> Result<bool> {
    match pgs.manager().catalog().get_by_uid(uid).await? {
        Some(record) => pgs.manager().has_died(&record).await,
        None => Ok(false),
    }
}

async fn give_up(pgs: &Pgs, record: &TenantRecord, policy: &RestartPolicy) -> Result<()> {
    let (deaths, minutes) = (policy.deaths, policy.window.as_secs() / 60);
    let last_words = pgs.logs(&record.id, 3).await.unwrap_or_default();
    let reason = format!(
        "crash loop: the server died {deaths} times within {minutes} minutes; its last words: {}",
        last_words.trim().replace('\n', " | "),
    );
    tracing::error!(tenant = %record.id, reason, "given up");
    pgs.manager().give_up(record.uid, &reason).await
}

fn log_report(report: &pgs_core::manager::Report) {
    for (tenant, done) in &report.done {
        tracing::info!(%tenant, ?done, "reconciled");
    }
    for (tenant, problem) in &report.problems {
        tracing::error!(%tenant, error = %problem.chain(), "could not be reconciled");
    }
    for orphan in &report.orphans {
        tracing::warn!(uid = %orphan.uid, "storage without a record; `pgs reconcile --rebuild` takes it in");
    }
}

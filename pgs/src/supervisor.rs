use crate::{Pgs, SystemClock, finish::finish};
use pgs_core::{
    Clock, Result, TenantRecord, TenantUid,
    catalog::Version,
    manager::{RestartHistory, RestartPolicy, Verdict},
};
use std::{collections::HashMap, future::Future, time::Duration};
use tokio::task::{AbortHandle, JoinSet};

/// How often the catalogue is asked whether anything changed: microseconds when nothing did.
const TICK: Duration = Duration::from_millis(250);
/// How often what other processes left unfinished is looked for.
const RECOVERY: Duration = Duration::from_secs(15);

/// How long a watcher rests when it could not even look.
const REST: Duration = Duration::from_secs(1);

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
    chore: JoinSet<()>,
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
            chore: JoinSet::new(),
        }
    }

    /// Brings every tenant to where it should be, and watches over them until `shutdown` is ready.
    ///
    /// Servers go on running when it returns.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<()> {
        let mut tick = tokio::time::interval(TICK);
        let mut recovery = tokio::time::interval(RECOVERY);
        recovery.reset();
        self.chore.spawn(settle(self.pgs.clone()));
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                _ = tick.tick() => self.look_around().await,
                // One slow tenant may keep a chore busy for minutes; the next one waits for it, nothing else does.
                _ = recovery.tick(), if self.chore.is_empty() => {
                    self.chore.spawn(recover(self.pgs.clone()));
                }
                Some(_) = self.chore.join_next() => {}
                Some(ended) = self.watchers.join_next() => self.forget(ended.ok()),
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
            if record.should_run() && !self.watched.contains_key(&record.uid) {
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

async fn settle(pgs: Pgs) {
    match pgs.reconcile().await {
        Ok(report) => log_report(&report),
        Err(error) => tracing::error!(error = %error.chain(), "tenants could not be reconciled"),
    }
}

async fn recover(pgs: Pgs) {
    match pgs.recover().await {
        Ok(report) => log_report(&report),
        Err(error) => {
            tracing::error!(error = %error.chain(), "unfinished work could not be looked for");
        }
    }
}

/// Watches one tenant until it is stopped on purpose, removed, or given up.
async fn watch(pgs: Pgs, record: TenantRecord, policy: RestartPolicy) -> TenantUid {
    let (uid, mut history) = (record.uid, RestartHistory::default());
    loop {
        match watch_once(&pgs, &record, &policy, &mut history).await {
            Ok(Watch::GoesOn) => {}
            Ok(Watch::Ends) => return uid,
            Err(error) => {
                tracing::warn!(tenant = %record.id, error = %error.chain(), "the server cannot be watched");
                tokio::time::sleep(REST).await;
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
    if !died(pgs, uid).await? {
        pgs.manager().exited(record).await?;
    }
    if !died(pgs, uid).await? {
        // Somebody else may have started it again, so that it listens elsewhere.
        revive(pgs, record).await;
        return Ok(Watch::Ends);
    }
    let verdict = history.died(SystemClock.now(), policy);
    let Verdict::RestartAfter(wait) = verdict else {
        give_up(pgs, record, policy).await?;
        return Ok(Watch::Ends);
    };
    tracing::warn!(tenant = %record.id, ?wait, "the server does not run; starting it again");
    tokio::time::sleep(wait).await;
    revive(pgs, record).await;
    Ok(Watch::GoesOn)
}

async fn revive(pgs: &Pgs, record: &TenantRecord) {
    let (manager, uid) = (pgs.manager().clone(), record.uid);
    if let Err(error) = finish(async move { manager.revive(uid).await }).await {
        tracing::warn!(tenant = %record.id, error = %error.chain(), "the server did not come back");
    }
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
    let cause = pgs.manager().exit_reason(record).await;
    let cause = cause.map_or_else(String::new, |cause| {
        format!(", the last time because {cause}")
    });
    let reason = format!(
        "crash loop: the server died {deaths} times within {minutes} minutes{cause}; its last words: {}",
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
    for (provisioner, error) in &report.unreachable {
        tracing::error!(provisioner, error = %error.chain(), "a provisioner could not be asked what there is");
    }
    for orphan in &report.orphans {
        tracing::warn!(uid = %orphan.uid, is_whole = orphan.is_whole(), "storage without a record; `pgs reconcile --rebuild` takes in what is whole");
    }
}

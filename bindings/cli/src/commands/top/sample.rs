use pgs::{
    Result, TenantId,
    status::{Running, Session, running},
};
use std::{collections::HashMap, path::Path, time::Instant};

/// What all running proxies told at one moment.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) running: Running,
    at: Instant,
    /// Bytes to the server and to the client, by process and session.
    moved: HashMap<(u32, u64), (u64, u64)>,
}

/// What happened per second between two samples.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    pub(super) to_backend: f64,
    pub(super) to_client: f64,
}

impl Sample {
    pub(super) async fn take(state_dir: &Path) -> Result<Self> {
        Ok(Self::of(running(state_dir).await?))
    }

    fn of(running: Running) -> Self {
        let mut sample = Self {
            running,
            at: Instant::now(),
            moved: HashMap::new(),
        };
        let moved = sample.sessions().map(|(pid, session)| {
            let bytes = (session.bytes_to_backend, session.bytes_to_client);
            ((pid, session.number), bytes)
        });
        sample.moved = moved.collect();
        sample
    }

    /// Every session with its process.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (u32, &Session)> {
        let reports = self.running.reports.iter();
        reports.flat_map(|report| {
            let sessions = report.sessions.iter();
            sessions.map(|session| (report.pid, session))
        })
    }

    /// How fast a session moved bytes since an earlier sample.
    pub(super) fn rate(&self, before: &Self, pid: u32, session: &Session) -> Rate {
        let then = before.moved.get(&(pid, session.number));
        let (up, down) = then.copied().unwrap_or_default();
        Rate {
            to_backend: self.per_second(before, session.bytes_to_backend.saturating_sub(up)),
            to_client: self.per_second(before, session.bytes_to_client.saturating_sub(down)),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate that is looked at needs no more than 52 bits"
    )]
    pub(super) fn per_second(&self, before: &Self, count: u64) -> f64 {
        count as f64 / (self.at - before.at).as_secs_f64().max(0.001)
    }

    /// Sessions of a tenant since the processes began, and those of them that failed to log in; none where no process
    /// counts it by name.
    pub(super) fn counted(&self, tenant: &TenantId) -> Option<(u64, u64)> {
        let reports = self.running.reports.iter();
        let counted = reports.filter_map(|report| report.tenants.get(tenant));
        counted
            .map(|counted| (counted.sessions_total, counted.failed_logins))
            .reduce(|(sessions, failed), (more, more_failed)| {
                (sessions + more, failed + more_failed)
            })
    }
}

impl Rate {
    pub(super) fn is_active(self) -> bool {
        self.to_backend + self.to_client > 0.0
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            to_backend: self.to_backend + other.to_backend,
            to_client: self.to_client + other.to_client,
        }
    }
}

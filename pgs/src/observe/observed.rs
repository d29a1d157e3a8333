use crate::{
    ListenAddress,
    status::{Ban, Report, Session, Tenant},
};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// A proxy as those see it who look on.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    pub(super) proxy: pgs_proxy::Proxy,
    listeners: Arc<[String]>,
    pub(super) since: SystemTime,
}

impl Observed {
    pub(crate) fn new(proxy: pgs_proxy::Proxy, addresses: &[ListenAddress]) -> Self {
        Self {
            proxy,
            listeners: addresses.iter().map(ToString::to_string).collect(),
            since: SystemTime::now(),
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.proxy.counters().snapshot().draining
    }

    pub(super) fn sessions(&self) -> Vec<Session> {
        let now = SystemTime::now();
        let sessions = self.proxy.sessions();
        sessions.iter().map(|info| Session::of(info, now)).collect()
    }

    pub(super) fn bans(&self) -> Vec<Ban> {
        self.proxy.bans().iter().map(Ban::of).collect()
    }

    pub(super) fn listeners(&self) -> Vec<String> {
        self.listeners.to_vec()
    }

    pub(super) fn report(&self) -> Report {
        let counted = self.proxy.counters().snapshot();
        let tenants = counted.tenants.iter();
        Report {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since_ms: millis(self.since),
            draining: counted.draining,
            listeners: self.listeners(),
            sessions: self.sessions(),
            tenants: tenants
                .map(|(id, counted)| (id.clone(), Tenant::of(counted)))
                .collect(),
            bans: self.bans(),
        }
    }
}

pub(crate) fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

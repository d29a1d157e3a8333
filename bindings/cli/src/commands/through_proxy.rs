use crate::output;
use pgs::{
    Pgs, Result, TenantId,
    status::{Ban, Session, running},
};

/// What the running proxies tell of one tenant.
#[derive(Debug, Default)]
pub(super) struct ThroughProxy {
    pub(super) sessions: Vec<Session>,
    pub(super) bans: Vec<Ban>,
}

impl ThroughProxy {
    pub(super) async fn of(pgs: &Pgs, tenant: &TenantId) -> Result<Self> {
        let mut through = Self::default();
        for report in running(pgs.state_dir()).await?.reports {
            let sessions = report.sessions.into_iter();
            through
                .sessions
                .extend(sessions.filter(|session| session.tenant == *tenant));
            let bans = report.bans.into_iter();
            through
                .bans
                .extend(bans.filter(|ban| ban.tenant == tenant.as_str()));
        }
        Ok(through)
    }

    pub(super) fn tell(&self, field: impl Fn(&str, &str)) {
        let ages = self.sessions.iter().map(|session| session.seconds);
        if let Some(oldest) = ages.reduce(f64::max) {
            let (count, age) = (self.sessions.len(), output::age(oldest));
            field(
                "via proxy",
                &format!("{count} (oldest {age}; see `pgs top`)"),
            );
        }
        for ban in &self.bans {
            let Ban {
                address, failures, ..
            } = ban;
            let left = ban.seconds_left;
            field(
                "banned",
                &format!("{address}: {failures} failed logins, {left} s left"),
            );
        }
    }
}

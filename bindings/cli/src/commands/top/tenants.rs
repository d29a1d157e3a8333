use super::sample::{Rate, Sample};
use crate::{args::Sort, output};
use pgs::TenantId;
use serde::Serialize;
use std::collections::BTreeMap;

/// One tenant in the list. What needs two looks is not there after the first.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    tenant: TenantId,
    sessions: usize,
    /// Sessions that moved a byte since the last look.
    active: Option<usize>,
    /// Of the sessions that are there now.
    bytes_to_backend: u64,
    bytes_to_client: u64,
    bytes_to_backend_per_second: Option<f64>,
    bytes_to_client_per_second: Option<f64>,
    logins: Option<u64>,
    logins_per_second: Option<f64>,
    failed_logins: Option<u64>,
    oldest_seconds: f64,
}

pub(super) fn rows(sample: &Sample, before: Option<&Sample>, sort: Sort) -> Vec<Row> {
    let mut rows = BTreeMap::new();
    for (pid, session) in sample.sessions() {
        let row = rows
            .entry(session.tenant.clone())
            .or_insert_with(|| Row::new(&session.tenant, sample, before));
        row.sessions += 1;
        row.bytes_to_backend += session.bytes_to_backend;
        row.bytes_to_client += session.bytes_to_client;
        row.oldest_seconds = row.oldest_seconds.max(session.seconds);
        if let Some(before) = before {
            row.add(sample.rate(before, pid, session));
        }
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.sort_by(|one, other| {
        let (one, other) = (one.weight(sort), other.weight(sort));
        other.total_cmp(&one)
    });
    rows
}

pub(super) fn text(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "No sessions.".to_owned();
    }
    output::table_text(HEADER, rows.iter().map(Row::cells))
}

impl Row {
    fn new(tenant: &TenantId, sample: &Sample, before: Option<&Sample>) -> Self {
        let counted = sample.counted(tenant);
        let since = before.and_then(|before| {
            let then = before.counted(tenant).map_or(0, |(logins, _)| logins);
            let (now, _) = counted?;
            Some(sample.per_second(before, now.saturating_sub(then)))
        });
        Self {
            tenant: tenant.clone(),
            sessions: 0,
            active: before.map(|_| 0),
            bytes_to_backend: 0,
            bytes_to_client: 0,
            bytes_to_backend_per_second: before.map(|_| 0.0),
            bytes_to_client_per_second: before.map(|_| 0.0),
            logins: counted.map(|(logins, _)| logins),
            logins_per_second: since,
            failed_logins: counted.map(|(_, failed)| failed),
            oldest_seconds: 0.0,
        }
    }

    fn add(&mut self, rate: Rate) {
        let sum = self.rate().plus(rate);
        self.bytes_to_backend_per_second = Some(sum.to_backend);
        self.bytes_to_client_per_second = Some(sum.to_client);
        if rate.is_active() {
            self.active = self.active.map(|active| active + 1);
        }
    }

    fn rate(&self) -> Rate {
        Rate {
            to_backend: self.bytes_to_backend_per_second.unwrap_or_default(),
            to_client: self.bytes_to_client_per_second.unwrap_or_default(),
        }
    }

    /// What is sorted by, the greatest first.
    #[expect(
        clippy::cast_precision_loss,
        reason = "an order that is looked at needs no more than 52 bits"
    )]
    fn weight(&self, sort: Sort) -> f64 {
        match (sort, self.bytes_to_backend_per_second) {
            (Sort::Tenant, _) => 0.0,
            (Sort::Sessions, _) => self.sessions as f64,
            (Sort::Bytes, None) => (self.bytes_to_backend + self.bytes_to_client) as f64,
            (Sort::Bytes, Some(_)) => self.rate().to_backend + self.rate().to_client,
            (Sort::Logins, _) => self
                .logins_per_second
                .unwrap_or(self.logins.unwrap_or_default() as f64),
            (Sort::Oldest, _) => self.oldest_seconds,
        }
    }

    fn cells(&self) -> [String; 8] {
        [
            self.tenant.to_string(),
            self.sessions.to_string(),
            or_dash(self.active, |active| active.to_string()),
            or_dash(self.bytes_to_backend_per_second, output::bytes),
            or_dash(self.bytes_to_client_per_second, output::bytes),
            or_dash(self.logins_per_second, |rate| format!("{rate:.1}")),
            or_dash(self.failed_logins, |failed| failed.to_string()),
            output::age(self.oldest_seconds),
        ]
    }
}

fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

const HEADER: [&str; 8] = [
    "TENANT", "SESSIONS", "ACTIVE", "UP/S", "DOWN/S", "LOGINS/S", "FAILED", "OLDEST",
];

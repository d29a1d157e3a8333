use super::sample::{Rate, Sample};
use crate::{args::Sort, output};
use pgs::{TenantId, status::Session};
use serde_json::{Value, json};

/// Each session of one tenant.
pub(super) fn text(
    sample: &Sample,
    before: Option<&Sample>,
    tenant: &TenantId,
    sort: Sort,
) -> String {
    let sessions = of(sample, tenant, sort);
    if sessions.is_empty() {
        return format!("No sessions of {tenant}.");
    }
    let rows = sessions.into_iter().map(|(pid, session)| {
        let rate = before.map(|before| sample.rate(before, pid, session));
        cells(session, rate)
    });
    output::table_text(HEADER, rows)
}

pub(super) fn value(sample: &Sample, tenant: &TenantId, sort: Sort) -> Value {
    let sessions = of(sample, tenant, sort).into_iter();
    let sessions = sessions.map(|(pid, session)| {
        let mut value = json!(session);
        value["pid"] = json!(pid);
        value
    });
    sessions.collect()
}

fn of<'a>(sample: &'a Sample, tenant: &TenantId, sort: Sort) -> Vec<(u32, &'a Session)> {
    let all = sample.sessions();
    let mut found: Vec<_> = all
        .filter(|(_, session)| session.tenant == *tenant)
        .collect();
    let moved = |session: &Session| session.bytes_to_backend + session.bytes_to_client;
    match sort {
        Sort::Bytes => found.sort_by_key(|(_, session)| std::cmp::Reverse(moved(session))),
        _ => found.sort_by_key(|(_, session)| session.since_ms),
    }
    found
}

fn cells(session: &Session, rate: Option<Rate>) -> [String; 10] {
    let per_second = |part: fn(Rate) -> f64| {
        rate.map_or_else(|| "-".to_owned(), |rate| output::bytes(part(rate)))
    };
    let pid = session.backend_pid.map(|pid| pid.to_string());
    [
        pid.unwrap_or_else(|| "-".to_owned()),
        output::one_line(&session.user),
        output::one_line(&session.database),
        output::one_line(session.application_name.as_deref().unwrap_or("-")),
        session.peer.clone(),
        session.tls.clone().unwrap_or_else(|| "-".to_owned()),
        session.state.clone(),
        output::age(session.seconds),
        per_second(|rate| rate.to_backend),
        per_second(|rate| rate.to_client),
    ]
}

const HEADER: [&str; 10] = [
    "PID",
    "USER",
    "DATABASE",
    "APPLICATION",
    "PEER",
    "TLS",
    "STATE",
    "AGE",
    "UP/S",
    "DOWN/S",
];

use crate::{args::List, output, session::Session};
use pgs::{ByteSize, Lifecycle, Result, TenantRecord, provision::InstanceStats};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a server may take to answer before the list goes on without it.
const DEADLINE: Duration = Duration::from_secs(2);

pub(crate) async fn run(session: &Session, args: &List) -> Result<()> {
    let pgs = session.look()?;
    if args.trash {
        trash(session, &pgs.list_trash().await?);
        return Ok(());
    }
    let records = pgs.list().await?;
    let stats = if args.stats {
        pgs.stats(&records, DEADLINE).await
    } else {
        Vec::new()
    };
    if session.json {
        output::json(&values(&records, &stats));
    } else if records.is_empty() {
        output::line("No tenants yet. Make one with `pgs create <tenant>`.");
    } else if args.stats {
        let rows = records.iter().zip(&stats);
        output::table(
            WIDE,
            rows.map(|(record, stats)| wide_row(record, stats.as_ref())),
        );
    } else {
        output::table(HEADER, records.iter().map(row));
    }
    Ok(())
}

const HEADER: [&str; 7] = [
    "TENANT", "STATE", "ACCESS", "VERSION", "ENDPOINT", "CREATED", "NOTE",
];
const WIDE: [&str; 9] = [
    "TENANT", "STATE", "ACCESS", "VERSION", "ENDPOINT", "SIZE", "SESSIONS", "CREATED", "NOTE",
];

fn trash(session: &Session, records: &[TenantRecord]) {
    if session.json {
        output::json(&records.iter().map(record_value).collect());
    } else if records.is_empty() {
        output::line("The trash is empty.");
    } else {
        let header = ["TENANT", "VERSION", "REMOVED", "UID"];
        output::table(header, records.iter().map(trash_row));
    }
}

fn values(records: &[TenantRecord], stats: &[Option<InstanceStats>]) -> Value {
    let mut values: Vec<_> = records.iter().map(record_value).collect();
    for (value, stats) in values.iter_mut().zip(stats) {
        if let Some(fields) = value.as_object_mut() {
            fields.insert("stats".to_owned(), json!(stats));
        }
    }
    values.into()
}

/// A record as programs see it.
pub(crate) fn record_value(record: &TenantRecord) -> Value {
    json!({
        "id": record.id,
        "uid": record.uid,
        "state": record.lifecycle.name(),
        "desired": record.desired,
        "access": record.access,
        "protected": record.protected,
        "provisioner": record.provisioner,
        "pg_version": record.pg_version,
        "endpoint": record.endpoint.as_ref().map(ToString::to_string),
        "created_at": record.created_at.as_millis(),
        "trashed_at": record.trashed_at.map(pgs::Timestamp::as_millis),
        "error": failure(record),
    })
}

pub(crate) fn failure(record: &TenantRecord) -> Option<&str> {
    match &record.lifecycle {
        Lifecycle::Failed(reason) => Some(reason),
        _ => None,
    }
}

fn row(record: &TenantRecord) -> [String; 7] {
    let endpoint = record
        .endpoint
        .as_ref()
        .map_or("-", |endpoint| endpoint.transport());
    let note = match (failure(record), record.protected) {
        (Some(reason), _) => output::one_line(reason),
        (None, true) => "protected".to_owned(),
        (None, false) => String::new(),
    };
    [
        record.id.to_string(),
        record.lifecycle.to_string(),
        record.access.to_string(),
        record.pg_version.to_string(),
        endpoint.to_owned(),
        output::time(record.created_at),
        note,
    ]
}

fn wide_row(record: &TenantRecord, stats: Option<&InstanceStats>) -> [String; 9] {
    let [tenant, lifecycle, access, version, endpoint, created, note] = row(record);
    let size = stats.map_or("-".to_owned(), |stats| {
        ByteSize::from_bytes(stats.size_bytes).to_string()
    });
    let sessions = stats.map_or("-".to_owned(), |stats| stats.sessions.to_string());
    [
        tenant, lifecycle, access, version, endpoint, size, sessions, created, note,
    ]
}

fn trash_row(record: &TenantRecord) -> [String; 4] {
    let removed = record
        .trashed_at
        .map_or_else(|| "-".to_owned(), output::time);
    [
        record.id.to_string(),
        record.pg_version.to_string(),
        removed,
        record.uid.to_string(),
    ]
}

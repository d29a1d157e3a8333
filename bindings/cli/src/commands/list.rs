use crate::{args::List, output, session::Session};
use pgs::{ByteSize, Lifecycle, Pgs, Result, TenantRecord, provision::InstanceStats};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a server may take to answer before a look goes on without it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// A tenant as the list shows it.
struct Entry {
    record: TenantRecord,
    /// Whether its server is gone although it should be there, or why that cannot be told.
    is_down: Result<bool>,
    stats: Option<InstanceStats>,
}

pub(crate) async fn run(session: &Session, args: &List) -> Result<()> {
    let pgs = session.look()?;
    if args.trash {
        trash(session, &pgs.list_trash().await?);
        return Ok(());
    }
    let entries = entries(&pgs, args).await?;
    if session.json {
        output::json(&entries.iter().map(entry_value).collect());
    } else if entries.is_empty() {
        output::line("No tenants yet. Make one with `pgs create <tenant>`.");
    } else if args.stats {
        output::table(WIDE, entries.iter().map(wide_row));
    } else {
        output::table(HEADER, entries.iter().map(row));
    }
    Ok(())
}

async fn entries(pgs: &Pgs, args: &List) -> Result<Vec<Entry>> {
    let records = pgs.list().await?;
    let deaths = pgs.deaths(&records, DEADLINE).await;
    let entry = |(record, died): (TenantRecord, Result<bool>)| Entry {
        is_down: died.map(|died| died && record.lifecycle == Lifecycle::Running),
        record,
        stats: None,
    };
    let mut entries: Vec<_> = records.into_iter().zip(deaths).map(entry).collect();
    if args.stats {
        ask_servers(pgs, &mut entries).await;
    }
    Ok(entries)
}

/// Asks only the servers that are there: each of the others would be waited for in vain.
async fn ask_servers(pgs: &Pgs, entries: &mut [Entry]) {
    let there = entries
        .iter_mut()
        .filter(|entry| matches!(entry.is_down, Ok(false)));
    let there: Vec<_> = there.collect();
    let records: Vec<_> = there.iter().map(|entry| entry.record.clone()).collect();
    let stats = pgs.stats(&records, DEADLINE).await;
    for (entry, stats) in there.into_iter().zip(stats) {
        entry.stats = stats;
    }
}

fn entry_value(entry: &Entry) -> Value {
    let mut value = record_value(&entry.record);
    if let Some(fields) = value.as_object_mut() {
        let problem = entry.is_down.as_ref().err();
        fields.insert("is_down".to_owned(), json!(entry.is_down.as_ref().ok()));
        fields.insert(
            "problem".to_owned(),
            json!(problem.map(output::error_value)),
        );
        fields.insert("stats".to_owned(), json!(entry.stats));
    }
    value
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

fn row(entry: &Entry) -> [String; 7] {
    let record = &entry.record;
    let endpoint = record
        .endpoint
        .as_ref()
        .map_or("-", |endpoint| endpoint.transport());
    let state = match entry.is_down {
        Ok(true) => "down",
        Ok(false) => record.lifecycle.name(),
        Err(_) => "unknown",
    };
    [
        record.id.to_string(),
        state.to_owned(),
        record.access.to_string(),
        record.pg_version.to_string(),
        endpoint.to_owned(),
        output::time(record.created_at),
        note(entry),
    ]
}

fn note(entry: &Entry) -> String {
    let record = &entry.record;
    if let Some(reason) = failure(record) {
        return shortened(&output::one_line(reason));
    }
    match &entry.is_down {
        Err(error) => shortened(&output::one_line(&error.chain())),
        Ok(true) => format!("its server is gone; pgs start {}", record.id),
        Ok(false) if record.protected => "protected".to_owned(),
        Ok(false) => String::new(),
    }
}

/// So that a table stays one; `pgs show` has all of it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(NOTE_WIDTH) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

const NOTE_WIDTH: usize = 60;

fn wide_row(entry: &Entry) -> [String; 9] {
    let [tenant, state, access, version, endpoint, created, note] = row(entry);
    let told =
        |tell: fn(&InstanceStats) -> String| entry.stats.as_ref().map_or("-".to_owned(), tell);
    let size = told(|stats| ByteSize::from_bytes(stats.size_bytes).to_string());
    let sessions = told(|stats| stats.sessions.to_string());
    [
        tenant, state, access, version, endpoint, size, sessions, created, note,
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

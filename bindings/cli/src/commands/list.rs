use crate::{args::List, output, session::Session};
use pgs::{Lifecycle, Result, TenantRecord};
use serde_json::{Value, json};

pub(crate) async fn run(session: &Session, args: &List) -> Result<()> {
    let pgs = session.open().await?;
    let records = if args.trash {
        pgs.list_trash().await?
    } else {
        pgs.list().await?
    };
    if session.json {
        output::json(&records.iter().map(record_value).collect());
    } else if records.is_empty() {
        output::line(if args.trash {
            "The trash is empty."
        } else {
            "No tenants yet. Make one with `pgs create <tenant>`."
        });
    } else if args.trash {
        output::table(
            ["TENANT", "VERSION", "REMOVED", "UID"],
            records.iter().map(trash_row),
        );
    } else {
        let header = [
            "TENANT", "STATE", "ACCESS", "VERSION", "ENDPOINT", "CREATED", "NOTE",
        ];
        output::table(header, records.iter().map(row));
    }
    Ok(())
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
        (Some(reason), _) => reason.to_owned(),
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

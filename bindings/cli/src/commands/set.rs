use crate::{
    args::{Changes, Set},
    output,
    session::Session,
};
use pgs::{Lifecycle, Result, SpecChange, TenantRecord};
use serde_json::json;

pub(crate) async fn run(session: &Session, args: Set) -> Result<()> {
    let id = args.tenant;
    let change = change(args.changes);
    let pgs = session.open_for(&format!("changing {id}")).await?;
    let told = change.to_string();
    let alteration = pgs.alter(&id, change).await?;
    let record = pgs.get(&id).await?;
    drop(pgs);
    if session.json {
        output::json(&json!({
            "id": id,
            "limits": record.spec.limits,
            "settings": record.spec.settings,
            "at_next_start": alteration.at_next_start,
        }));
    } else {
        as_text(&record, &told, &alteration.at_next_start);
    }
    Ok(())
}

fn change(args: Changes) -> SpecChange {
    let mut change = SpecChange::default();
    change.memory = args.memory.unwrap_or_default();
    change.cpus = args.cpus.unwrap_or_default();
    change.pids = args.pids.unwrap_or_default();
    change.shm = args.shm.unwrap_or_default();
    change.max_connections = args.max_connections.unwrap_or_default();
    change.set = args.set;
    change.unset = args.unset;
    change
}

fn as_text(record: &TenantRecord, told: &str, at_next_start: &[String]) {
    let id = &record.id;
    output::line(format!("Changed {id}: {told}."));
    if record.lifecycle != Lifecycle::Running {
        output::line("  It holds from its next start on.");
    } else if at_next_start.is_empty() {
        output::line("  It holds now.");
    } else {
        let waiting = at_next_start.join(", ");
        output::line(format!(
            "  It holds now, but this waits for its next start: {waiting}\n  Restart it with: pgs stop {id} && pgs start {id}"
        ));
    }
}

use crate::{
    args::{Changes, Set},
    output,
    session::Session,
};
use pgs::{Lifecycle, NetworksChange, Result, SpecChange, TenantRecord};
use serde_json::json;

pub(crate) async fn run(session: &Session, args: Set) -> Result<()> {
    let id = args.tenant;
    let (change, networks) = changes(args.changes);
    let pgs = session.open_for(&format!("changing {id}")).await?;
    let told = told(&change, &networks);
    // What can be refused comes first.
    let waiting = if change == SpecChange::default() {
        None
    } else {
        Some(pgs.alter(&id, change).await?.at_next_start)
    };
    if !networks.is_empty() {
        pgs.set_networks(&id, networks).await?;
    }
    let record = pgs.get(&id).await?;
    drop(pgs);
    if session.json {
        output::json(&json!({
            "id": id,
            "limits": record.spec.limits,
            "settings": record.spec.settings,
            "networks": record.networks,
            "at_next_start": waiting.unwrap_or_default(),
        }));
    } else {
        output::line(format!("Changed {id}: {told}."));
        match waiting {
            Some(waiting) => since_when(&record, &waiting),
            None => output::line("  It holds from the next connection on."),
        }
    }
    Ok(())
}

fn changes(args: Changes) -> (SpecChange, NetworksChange) {
    let mut change = SpecChange::default();
    change.memory = args.memory.unwrap_or_default();
    change.cpus = args.cpus.unwrap_or_default();
    change.pids = args.pids.unwrap_or_default();
    change.shm = args.shm.unwrap_or_default();
    change.max_connections = args.max_connections.unwrap_or_default();
    change.set = args.set;
    change.unset = args.unset;
    let mut networks = NetworksChange::default();
    networks.allow = args.allow_from.unwrap_or_default();
    networks.deny = args.deny_from.unwrap_or_default();
    (change, networks)
}

fn told(change: &SpecChange, networks: &NetworksChange) -> String {
    let both = [change.to_string(), networks.to_string()];
    let told: Vec<_> = both.into_iter().filter(|text| !text.is_empty()).collect();
    told.join(", ")
}

fn since_when(record: &TenantRecord, at_next_start: &[String]) {
    let id = &record.id;
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

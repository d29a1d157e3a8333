use crate::{
    args::{Start, Stop},
    exit_code::{self, ExitCode},
    output,
    session::Session,
};
use pgs::{Pgs, Result, TenantId, provision::StopMode};
use serde_json::json;

type Outcomes = Vec<(TenantId, Result<()>)>;

pub(crate) async fn start(session: &Session, args: &Start) -> Result<ExitCode> {
    let pgs = session.open_for("starting").await?;
    let tenants = args.tenants.names();
    let outcomes = if tenants.is_empty() {
        pgs.start_all().await?
    } else {
        each(&tenants, async |id| pgs.start(id).await).await
    };
    drop(pgs);
    Ok(report(session, "started", &outcomes))
}

pub(crate) async fn stop(session: &Session, args: &Stop) -> Result<ExitCode> {
    // Whatever was cut short, a server is stopped by stopping it, not by waiting for its recovery first.
    let pgs = session.tell(session.look()?, "stopping");
    let outcomes = stop_outcomes(&pgs, args).await?;
    drop(pgs);
    Ok(report(session, "stopped", &outcomes))
}

async fn stop_outcomes(pgs: &Pgs, args: &Stop) -> Result<Outcomes> {
    let mode = if args.immediate {
        StopMode::Immediate
    } else {
        StopMode::Fast
    };
    let mut tenants = args.tenants.names();
    if tenants.is_empty() && mode == StopMode::Fast {
        return pgs.stop_all().await;
    }
    if tenants.is_empty() {
        tenants = pgs
            .list()
            .await?
            .into_iter()
            .map(|record| record.id)
            .collect();
    }
    Ok(each(&tenants, async |id| pgs.stop_with(id, mode).await).await)
}

async fn each(tenants: &[TenantId], work: impl AsyncFn(&TenantId) -> Result<()>) -> Outcomes {
    let mut outcomes = Vec::with_capacity(tenants.len());
    for id in tenants {
        outcomes.push((id.clone(), work(id).await));
    }
    outcomes
}

/// Tells what became of each tenant; the exit code is that of the first failure.
fn report(session: &Session, done: &str, outcomes: &Outcomes) -> ExitCode {
    if session.json {
        let values = outcomes.iter().map(|(id, outcome)| {
            json!({ "id": id, done: outcome.is_ok(), "error": outcome.as_ref().err().map(output::error_value) })
        });
        output::json(&values.collect());
    } else {
        as_text(done, outcomes);
    }
    let failure = outcomes
        .iter()
        .find_map(|(_, outcome)| outcome.as_ref().err());
    failure.map_or(ExitCode::SUCCESS, |error| exit_code::of(error.kind()))
}

fn as_text(done: &str, outcomes: &Outcomes) {
    if outcomes.is_empty() {
        output::line("No tenants yet. Make one with `pgs create <tenant>`.");
    }
    for (id, outcome) in outcomes {
        match outcome {
            Ok(()) => output::line(format!("{id} {done}")),
            Err(error) => {
                output::remark(format!("{id}:"));
                output::error(error, false);
            }
        }
    }
}

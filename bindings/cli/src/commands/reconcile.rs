use crate::{args::Reconcile, exit_code, output, session::Session};
use pgs::{ErrorKind, Pgs, Result, manager::Report};
use serde_json::json;
use std::process::ExitCode;

pub(crate) async fn run(session: &Session, args: &Reconcile) -> Result<ExitCode> {
    let pgs = match Pgs::open_as_found(&session.config) {
        Err(error) if args.rebuild && error.kind() == ErrorKind::Corrupt => {
            output::remark(format!(
                "The catalogue is damaged ({}); it is kept aside.",
                error.chain()
            ));
            Pgs::open_beside_damage(&session.config)?
        }
        opened => opened?,
    };
    let report = if args.rebuild {
        pgs.rebuild().await?
    } else {
        pgs.reconcile().await?
    };
    if session.json {
        as_json(&report);
    } else {
        as_text(&report);
    }
    let problem = report
        .problems
        .first()
        .map(|(_, error)| exit_code::of(error.kind()));
    Ok(problem.unwrap_or(ExitCode::SUCCESS))
}

fn as_json(report: &Report) {
    let done = report
        .done
        .iter()
        .map(|(id, done)| json!({ "id": id, "done": done.name() }));
    let problems = report
        .problems
        .iter()
        .map(|(id, error)| json!({ "id": id, "error": output::error_value(error) }));
    output::json(&json!({
        "done": done.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "orphans": report.orphans.iter().map(|orphan| orphan.uid).collect::<Vec<_>>(),
    }));
}

fn as_text(report: &Report) {
    if report.done.is_empty() && report.problems.is_empty() && report.orphans.is_empty() {
        output::line("Everything is as it should be.");
    }
    for (id, done) in &report.done {
        output::line(format!("{id}: {}", done.name().replace('_', " ")));
    }
    for (id, error) in &report.problems {
        output::remark(format!("{id}: could not be reconciled"));
        output::error(error, false);
    }
    for orphan in &report.orphans {
        let name = orphan
            .label
            .as_ref()
            .map_or("unknown", |label| label.id.as_str());
        output::line(format!(
            "storage {} (tenant {name}) has no record: take it in with `pgs reconcile --rebuild`",
            orphan.uid
        ));
    }
}

use crate::{
    args::Reconcile,
    exit_code::{self, ExitCode},
    output,
    session::Session,
};
use pgs::{ErrorKind, Pgs, Result, manager::Report};
use serde_json::json;

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
    let problems = report.problems.iter().map(|(_, error)| error);
    let unreachable = report.unreachable.iter().map(|(_, error)| error);
    let first = problems.chain(unreachable).next();
    Ok(first.map_or(ExitCode::SUCCESS, |error| exit_code::of(error.kind())))
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
    let unreachable = report
        .unreachable
        .iter()
        .map(|(name, error)| json!({ "provisioner": name, "error": output::error_value(error) }));
    output::json(&json!({
        "done": done.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "unreachable": unreachable.collect::<Vec<_>>(),
        "orphans": report.orphans.iter().map(|orphan| orphan.uid).collect::<Vec<_>>(),
    }));
}

fn as_text(report: &Report) {
    if is_as_it_should_be(report) {
        output::line("Everything is as it should be.");
    }
    for (id, done) in &report.done {
        output::line(format!("{id}: {}", done.name().replace('_', " ")));
    }
    for (id, error) in &report.problems {
        output::remark(format!("{id}: could not be reconciled"));
        output::error(error, false);
    }
    for (name, error) in &report.unreachable {
        output::remark(format!(
            "provisioner {name}: could not be asked what there is"
        ));
        output::error(error, false);
    }
    for orphan in &report.orphans {
        let name = orphan
            .label
            .as_ref()
            .map_or("unknown", |label| label.id.as_str());
        let advice = if orphan.is_whole() {
            "take it in with `pgs reconcile --rebuild`"
        } else {
            "it was never completed, and is kept because a server runs on it"
        };
        output::line(format!(
            "storage {} (tenant {name}) has no record: {advice}",
            orphan.uid
        ));
    }
}

fn is_as_it_should_be(report: &Report) -> bool {
    report.done.is_empty()
        && report.problems.is_empty()
        && report.orphans.is_empty()
        && report.unreachable.is_empty()
}

//! `pgs top`: the live sessions of all tenants, from the status sockets of every running proxy.

mod sample;
mod screen;
mod sessions;
mod tenants;

use crate::{args::Top, output, session::Session};
use pgs::Result;
use sample::Sample;
use screen::Screen;
use serde_json::{Value, json};
use std::{io::IsTerminal, path::Path, time::Duration};

pub(crate) async fn run(session: &Session, args: &Top) -> Result<()> {
    let state_dir = session.config.state_dir()?;
    if session.json {
        output::json(&value(&Sample::take(&state_dir).await?, args));
        return Ok(());
    }
    if args.once || !std::io::stdout().is_terminal() {
        output::line(text(
            &Sample::take(&state_dir).await?,
            None,
            args,
            &state_dir,
        ));
        return Ok(());
    }
    watch(&state_dir, args).await
}

async fn watch(state_dir: &Path, args: &Top) -> Result<()> {
    let mut screen = Screen::enter()?;
    let mut before = None;
    loop {
        let sample = Sample::take(state_dir).await?;
        let text = text(&sample, before.as_ref(), args, state_dir);
        Screen::show(&text)?;
        before = Some(sample);
        if screen.wants_to_end(REFRESH).await? {
            return Ok(());
        }
    }
}

fn text(sample: &Sample, before: Option<&Sample>, args: &Top, state_dir: &Path) -> String {
    if sample.running.reports.is_empty() && sample.running.silent.is_empty() {
        return format!(
            "No proxy runs over {}. Start one with `pgs serve`.",
            state_dir.display()
        );
    }
    let table = match &args.tenant {
        Some(tenant) => sessions::text(sample, before, tenant, args.sort),
        None => tenants::text(&tenants::rows(sample, before, args.sort)),
    };
    format!("{}\n\n{table}", summary(sample))
}

fn summary(sample: &Sample) -> String {
    let reports = &sample.running.reports;
    let sessions: usize = reports.iter().map(|report| report.sessions.len()).sum();
    let bans: usize = reports.iter().map(|report| report.bans.len()).sum();
    let places = reports.iter().map(|report| {
        let state = if report.draining { ", draining" } else { "" };
        format!("{} ({}{state})", report.listeners.join(" "), report.pid)
    });
    let mut places: Vec<_> = places.collect();
    let silent = sample.running.silent.iter();
    places.extend(silent.map(|path| format!("{} does not answer", path.display())));
    format!(
        "sessions: {sessions}, bans: {bans}, on {}",
        output::harmless(&places.join(", "))
    )
}

fn value(sample: &Sample, args: &Top) -> Value {
    let reports = &sample.running.reports;
    let processes = reports.iter().map(|report| {
        json!({
            "pid": report.pid,
            "version": report.version,
            "since_ms": report.since_ms,
            "draining": report.draining,
            "listeners": report.listeners,
        })
    });
    let mut value = json!({
        "processes": processes.collect::<Vec<_>>(),
        "silent": sample.running.silent,
    });
    match &args.tenant {
        Some(tenant) => value["sessions"] = sessions::value(sample, tenant, args.sort),
        None => value["tenants"] = json!(tenants::rows(sample, None, args.sort)),
    }
    value
}

const REFRESH: Duration = Duration::from_secs(1);

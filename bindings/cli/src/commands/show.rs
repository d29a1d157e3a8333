use super::{
    list::{DEADLINE, failure, record_value},
    through_proxy::ThroughProxy,
};
use crate::{output, session::Session};
use pgs::{ByteSize, Lifecycle, Result, Sight, TenantId};
use serde_json::json;
use std::{borrow::Cow, fmt::Display};

pub(crate) async fn run(session: &Session, tenant: &TenantId) -> Result<()> {
    let url = pgs::connection_url(tenant, session.proxy_address()?);
    let pgs = session.look()?;
    let (view, through) = tokio::join!(pgs.sight(tenant, DEADLINE), ThroughProxy::of(&pgs, tenant));
    let (view, through) = (view?, through?);
    if session.json {
        let mut value = record_value(&view.record);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("is_up".into(), json!(view.is_up.as_ref().ok()));
            let problem = view.is_up.as_ref().err().map(output::error_value);
            fields.insert("problem".into(), json!(problem));
            fields.insert("stats".into(), json!(view.stats));
            fields.insert("usage".into(), json!(view.usage));
            fields.insert("settings".into(), json!(view.record.spec.settings));
            fields.insert("limits".into(), json!(view.record.spec.limits));
            fields.insert("networks".into(), json!(view.record.networks));
            fields.insert("url".into(), json!(url));
            fields.insert("proxy_sessions".into(), json!(through.sessions));
            fields.insert("bans".into(), json!(through.bans));
        }
        output::json(&value);
    } else {
        as_text(&view, &url);
        through.tell(field);
    }
    Ok(())
}

fn as_text(view: &Sight, url: &str) {
    let record = &view.record;
    field("tenant", record.id.as_str());
    field("uid", &record.uid.to_string());
    field("state", &state(view));
    if let Err(problem) = &view.is_up {
        field("problem", &output::harmless(&problem.chain()));
    }
    if let Some(reason) = failure(record) {
        field("reason", &output::harmless(reason));
    }
    field("access", &record.access.to_string());
    for (name, networks) in [
        ("allowed from", &record.networks.allow),
        ("denied from", &record.networks.deny),
    ] {
        for network in networks {
            field(name, &network.to_string());
        }
    }
    field("protected", if record.protected { "yes" } else { "no" });
    field("provisioner", &record.provisioner);
    field("version", &version(view));
    if let Some(endpoint) = &record.endpoint {
        field("endpoint", &endpoint.to_string());
    }
    if let Some(stats) = &view.stats {
        field("size", &ByteSize::from_bytes(stats.size_bytes).to_string());
        field("system id", &stats.system_identifier);
    }
    limits(view);
    for setting in &record.spec.settings {
        field("setting", &setting.to_string());
    }
    field("created", &output::time(record.created_at));
    field("url", url);
}

fn field(name: &str, value: &str) {
    output::line(format!("{name:<WIDTH$}{value}"));
}

const WIDTH: usize = 14;

/// What it uses of what it may use.
fn limits(view: &Sight) {
    let usage = view.usage.clone().unwrap_or_default();
    let limits = &view.record.spec.limits;
    let sessions = view.stats.as_ref().map(|stats| stats.sessions);
    of_limit("sessions", sessions, limits.max_connections);
    let memory = usage.memory_bytes.map(ByteSize::from_bytes);
    of_limit("memory", memory, limits.memory);
    of_limit("processors", usage.cpu_millis.map(processors), limits.cpus);
    of_limit("processes", usage.pids, limits.pids);
    of_limit("shm", None::<ByteSize>, limits.shm);
    if let Some(kills) = usage.oom_kills.filter(|kills| *kills > 0) {
        field("oom kills", &kills.to_string());
    }
}

fn processors(millis: u32) -> String {
    format!("{:.2}", f64::from(millis) / 1000.0)
}

fn of_limit(name: &str, used: Option<impl Display>, limit: Option<impl Display>) {
    match (used, limit) {
        (Some(used), Some(limit)) => field(name, &format!("{used} of {limit}")),
        (Some(used), None) => field(name, &used.to_string()),
        (None, Some(limit)) => field(name, &format!("at most {limit}")),
        (None, None) => {}
    }
}

fn state(view: &Sight) -> Cow<'static, str> {
    match (&view.record.lifecycle, &view.is_up) {
        (lifecycle, Err(_)) => format!("unknown, last recorded as {lifecycle}").into(),
        (Lifecycle::Running, Ok(false)) => {
            "down: its server is gone; `pgs serve` or `pgs start` brings it back".into()
        }
        (lifecycle, Ok(_)) => lifecycle.name().into(),
    }
}

fn version(view: &Sight) -> String {
    let running = view
        .stats
        .as_ref()
        .map(|stats| stats.server_version.clone());
    running.unwrap_or_else(|| view.record.pg_version.to_string())
}

use super::list::{failure, record_value};
use crate::{output, session::Session};
use pgs::{ByteSize, Lifecycle, Result, TenantId, manager::TenantView};
use serde_json::json;

pub(crate) async fn run(session: &Session, tenant: &TenantId) -> Result<()> {
    let url = pgs::connection_url(tenant, session.proxy_address()?);
    let view = session.look()?.show(tenant).await?;
    if session.json {
        let mut value = record_value(&view.record);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("is_up".into(), json!(view.is_up));
            fields.insert("stats".into(), json!(view.stats));
            fields.insert("settings".into(), json!(view.record.spec.settings));
            fields.insert("limits".into(), json!(view.record.spec.limits));
            fields.insert("url".into(), json!(url));
        }
        output::json(&value);
    } else {
        as_text(&view, &url);
    }
    Ok(())
}

fn as_text(view: &TenantView, url: &str) {
    let record = &view.record;
    let field = |name: &str, value: &str| output::line(format!("{name:<12}{value}"));
    field("tenant", record.id.as_str());
    field("uid", &record.uid.to_string());
    field("state", state(view));
    if let Some(reason) = failure(record) {
        field("reason", &output::harmless(reason));
    }
    field("access", &record.access.to_string());
    field("protected", if record.protected { "yes" } else { "no" });
    field("provisioner", &record.provisioner);
    field("version", &version(view));
    if let Some(endpoint) = &record.endpoint {
        field("endpoint", &endpoint.to_string());
    }
    if let Some(stats) = &view.stats {
        field("size", &ByteSize::from_bytes(stats.size_bytes).to_string());
        field("sessions", &stats.sessions.to_string());
        field("system id", &stats.system_identifier);
    }
    for setting in &record.spec.settings {
        field("setting", &setting.to_string());
    }
    field("created", &output::time(record.created_at));
    field("url", url);
}

fn state(view: &TenantView) -> &'static str {
    match (&view.record.lifecycle, view.is_up) {
        (Lifecycle::Running, false) => {
            "down: its server is gone; `pgs serve` or `pgs start` brings it back"
        }
        (lifecycle, _) => lifecycle.name(),
    }
}

fn version(view: &TenantView) -> String {
    let running = view
        .stats
        .as_ref()
        .map(|stats| stats.server_version.clone());
    running.unwrap_or_else(|| view.record.pg_version.to_string())
}

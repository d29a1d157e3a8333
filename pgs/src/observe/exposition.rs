use super::Observed;
use pgs_core::TenantId;
use pgs_proxy::{Distribution, Snapshot, TenantSnapshot};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text::encode},
    metrics::MetricType,
    registry::{Registry, Unit},
};
use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

/// Everything as `OpenMetrics` text.
pub(super) fn openmetrics(observed: Observed) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(observed));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// The proxy's own counters are read anew for each scrape; nothing is counted twice.
impl Collector for Observed {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        self.itself(&mut page)?;
        let counted = self.proxy.counters().snapshot();
        connections(&mut page, &counted)?;
        sessions(&mut page, &counted)?;
        times(&mut page, &counted)?;
        tenants(&mut page, &counted)
    }
}

impl Observed {
    fn itself(&self, page: &mut Page<'_>) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.family(
            "pgs_build",
            "The version that runs.",
            None,
            MetricType::Info,
        )?
        .encode_info(&version)?;
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default();
        page.family(
            "pgs_start_time",
            "When the proxy began, in seconds since 1970.",
            Some(&Unit::Seconds),
            MetricType::Gauge,
        )?
        .encode_gauge(&since.as_secs_f64())?;
        page.gauge(
            "pgs_bans_active",
            "Addresses that are turned away from a tenant for failed logins.",
            self.bans().len() as u64,
        )?;
        page.gauges(
            "pgs_table_entries",
            "Entries of the tables that clients fill.",
            "table",
            self.proxy.table_sizes(),
        )
    }
}

fn connections(page: &mut Page<'_>, counted: &Snapshot) -> fmt::Result {
    page.counter(
        "pgs_connections_accepted",
        "Connections taken from the listeners.",
        counted.accepted,
    )?;
    page.gauge(
        "pgs_handshakes_in_progress",
        "Connections that have not said yet what they want.",
        counted.live_handshakes,
    )?;
    page.counter(
        "pgs_connections_malformed",
        "Connections that ended before they made sense: port scans, health checks, timeouts, junk.",
        counted.malformed,
    )?;
    page.counter(
        "pgs_handshakes_evicted",
        "Connections closed in the middle of their handshake to make room for newer ones.",
        counted.handshakes_evicted,
    )?;
    page.counter(
        "pgs_handshakes_refused",
        "Connections closed at once, since their address had its share of handshakes.",
        counted.handshakes_refused,
    )?;
    page.counter(
        "pgs_waits_abandoned",
        "Clients that went away while they were held for a tenant that was starting.",
        counted.abandoned,
    )?;
    page.counters(
        "pgs_startups",
        "Startup packets by how their connections are encrypted.",
        "tls",
        counted
            .encrypted
            .iter()
            .map(|(name, count)| (*name, *count)),
    )?;
    page.counters(
        "pgs_refusals",
        "Refused sessions by their true reason.",
        "reason",
        counted.refused.iter().map(|(name, count)| (*name, *count)),
    )?;
    page.counter(
        "pgs_bans",
        "Times that an address was banned for failed logins.",
        counted.bans,
    )?;
    page.counters(
        "pgs_cancels",
        "Cancel requests by what became of them.",
        "outcome",
        [
            ("forwarded", counted.cancels_forwarded),
            ("dropped", counted.cancels_dropped),
        ],
    )
}

fn sessions(page: &mut Page<'_>, counted: &Snapshot) -> fmt::Result {
    page.counter(
        "pgs_sessions",
        "Sessions let through to a tenant's server.",
        counted.sessions,
    )?;
    page.gauge(
        "pgs_sessions_live",
        "Sessions that are there now.",
        counted.live_sessions,
    )?;
    page.counters(
        "pgs_sessions_ended",
        "Sessions that are over by what ended them.",
        "reason",
        counted.ended.iter().map(|(name, count)| (*name, *count)),
    )?;
    let everybody = counted.tenants.values().copied();
    let everybody = everybody.fold(counted.other_tenants, TenantSnapshot::plus);
    page.counter(
        "pgs_login_failures",
        "Sessions that a tenant's server turned away for a wrong password.",
        everybody.failed_logins,
    )?;
    page.counters_in(
        "pgs_relayed",
        "Bytes of sessions by direction.",
        &Unit::Bytes,
        "direction",
        [
            (TO_BACKEND, counted.bytes_to_backend),
            (TO_CLIENT, counted.bytes_to_client),
        ],
    )?;
    page.gauge(
        "pgs_draining",
        "Whether nobody new is let in since the proxy is shutting down.",
        counted.draining.into(),
    )
}

fn times(page: &mut Page<'_>, counted: &Snapshot) -> fmt::Result {
    page.histogram(
        "pgs_handshake",
        "From accepting a connection to the end of its startup packet.",
        &counted.handshake,
    )?;
    page.histogram(
        "pgs_connect",
        "From knowing a session's route to the connection to its server.",
        &counted.connect,
    )?;
    page.histogram(
        "pgs_login",
        "From a startup packet to the server's ReadyForQuery.",
        &counted.login,
    )?;
    page.histogram(
        "pgs_session_duration",
        "How long the sessions lasted that are over.",
        &counted.duration,
    )
}

/// Only tenants that had a session, and only the first of them by name.
fn tenants(page: &mut Page<'_>, counted: &Snapshot) -> fmt::Result {
    if counted.tenants.is_empty() {
        return Ok(());
    }
    let named = counted.tenants.iter();
    let named = named.map(|(id, tenant)| (TenantId::as_str(id), tenant));
    let all: Vec<_> = named.chain([("other", &counted.other_tenants)]).collect();
    let mut family = page.family(
        "pgs_tenant_sessions",
        "Sessions let through to a tenant's server.",
        None,
        MetricType::Counter,
    )?;
    for (name, tenant) in &all {
        count(&mut family, &[("tenant", name)], tenant.sessions)?;
    }
    let mut family = page.family(
        "pgs_tenant_sessions_live",
        "Sessions of a tenant that are there now.",
        None,
        MetricType::Gauge,
    )?;
    for (name, tenant) in &all {
        let labels = [("tenant", *name)];
        let mut one = family.encode_family(&labels)?;
        one.encode_gauge(&tenant.live_sessions)?;
    }
    let mut family = page.family(
        "pgs_tenant_login_failures",
        "Sessions that a tenant's server turned away for a wrong password.",
        None,
        MetricType::Counter,
    )?;
    for (name, tenant) in &all {
        count(&mut family, &[("tenant", name)], tenant.failed_logins)?;
    }
    let mut family = page.family(
        "pgs_tenant_relayed",
        "Bytes of a tenant's sessions by direction.",
        Some(&Unit::Bytes),
        MetricType::Counter,
    )?;
    for (name, tenant) in &all {
        let up = [("tenant", *name), ("direction", TO_BACKEND)];
        count(&mut family, &up, tenant.bytes_to_backend)?;
        let down = [("tenant", *name), ("direction", TO_CLIENT)];
        count(&mut family, &down, tenant.bytes_to_client)?;
    }
    Ok(())
}

/// Where metrics are written one family after the other.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        unit: Option<&'s Unit>,
        of: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, unit, of)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.family(name, help, None, MetricType::Gauge)?
            .encode_gauge(&value)
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, None, MetricType::Gauge)?;
        for (value, amount) in values {
            let labels = [(label, value)];
            family.encode_family(&labels)?.encode_gauge(&amount)?;
        }
        Ok(())
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.family(name, help, None, MetricType::Counter)?
            .encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> fmt::Result {
        let family = self.family(name, help, None, MetricType::Counter)?;
        count_each(family, label, values)
    }

    fn counters_in(
        &mut self,
        name: &str,
        help: &str,
        unit: &Unit,
        label: &str,
        values: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> fmt::Result {
        let family = self.family(name, help, Some(unit), MetricType::Counter)?;
        count_each(family, label, values)
    }

    fn histogram(&mut self, name: &str, help: &str, told: &Distribution) -> fmt::Result {
        let buckets = told.buckets.iter();
        let buckets = buckets.map(|(bound, count)| (Duration::as_secs_f64(bound), *count));
        let buckets: Vec<_> = buckets.chain([(f64::INFINITY, told.beyond)]).collect();
        self.family(name, help, Some(&Unit::Seconds), MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(told.total.as_secs_f64(), told.count(), &buckets, None)
    }
}

fn count_each(
    mut family: MetricEncoder<'_>,
    label: &str,
    values: impl IntoIterator<Item = (&'static str, u64)>,
) -> fmt::Result {
    for (name, value) in values {
        count(&mut family, &[(label, name)], value)?;
    }
    Ok(())
}

fn count<const N: usize>(
    family: &mut MetricEncoder<'_>,
    labels: &[(&str, &str); N],
    value: u64,
) -> fmt::Result {
    family
        .encode_family(labels)?
        .encode_counter::<NoLabelSet, _, u64>(&value, None)
}

const TO_BACKEND: &str = "to_backend";
const TO_CLIENT: &str = "to_client";

//! One event for each session and for each refused one, at its end, with the target `pgs::access`.

use crate::{
    TlsVersion,
    counters::reason,
    log_allowance::LogAllowance,
    relay::End,
    session::{Gauge, SessionState, Visitor},
};
use pgs_core::{TenantId, routing::Refusal};
use std::time::{Duration, Instant};

/// A session that was let through to its tenant's server is over.
pub(crate) fn ended(
    tenant: &TenantId,
    visitor: &Visitor,
    (gauge, backend_pid): (&Gauge, Option<u32>),
    end: End,
    allowance: &LogAllowance,
) {
    if !tracing::enabled!(target: TARGET, tracing::Level::INFO) {
        return;
    }
    let left_out = if gauge.state() == SessionState::Ready {
        0
    } else {
        let Some(left_out) = allowance.take(Instant::now()) else {
            return;
        };
        left_out
    };
    let (bytes_to_backend, bytes_to_client) = gauge.bytes();
    tracing::info!(
        target: TARGET,
        tenant = tenant.as_str(),
        user = visitor.user(),
        database = visitor.database(),
        application_name = visitor.application_name(),
        peer = %visitor.peer,
        listener = &*visitor.listener,
        tls = visitor.tls.map(TlsVersion::name),
        client_certificate = visitor.certificate(),
        backend_pid,
        login = login(gauge.state()),
        login_ms = gauge.login().map(millis),
        seconds = seconds(visitor.since.elapsed()),
        bytes_to_backend,
        bytes_to_client,
        end = end.as_str(),
        left_out = some(left_out),
        "session ended"
    );
}

/// A client that asked for a session was told that it gets none, or made to believe that its password is wrong.
pub(crate) fn refused(visitor: &Visitor, refusal: &Refusal, allowance: &LogAllowance) {
    if !tracing::enabled!(target: TARGET, tracing::Level::INFO) {
        return;
    }
    let Some(left_out) = allowance.take(Instant::now()) else {
        return;
    };
    tracing::info!(
        target: TARGET,
        tenant = tenant_of(refusal).map(TenantId::as_str),
        user = visitor.user(),
        database = visitor.database(),
        application_name = visitor.application_name(),
        peer = %visitor.peer,
        listener = &*visitor.listener,
        tls = visitor.tls.map(TlsVersion::name),
        client_certificate = visitor.certificate(),
        seconds = seconds(visitor.since.elapsed()),
        reason = reason(refusal),
        left_out = some(left_out),
        "session refused"
    );
}

/// Lines about others who have not logged in that were left out before this one.
fn some(left_out: u64) -> Option<u64> {
    Some(left_out).filter(|count| *count > 0)
}

fn login(state: SessionState) -> &'static str {
    match state {
        SessionState::Ready => "ok",
        SessionState::TurnedDown => "failed",
        SessionState::Connecting | SessionState::LoggingIn => "unfinished",
    }
}

/// The tenant that was found, and is nonetheless not reached.
fn tenant_of(refusal: &Refusal) -> Option<&TenantId> {
    match refusal {
        Refusal::AccessDisabled(id)
        | Refusal::NotRunning(id)
        | Refusal::Starting(id)
        | Refusal::TenantFull(id)
        | Refusal::TooManyWaiting(id)
        | Refusal::BackendUnreachable(id)
        | Refusal::AddressDeniedByTenant(id) => Some(id),
        _ => None,
    }
}

fn millis(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}

fn seconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64())
}

/// Three decimals tell enough.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

const TARGET: &str = "pgs::access";

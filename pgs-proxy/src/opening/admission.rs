use crate::{crew::Crew, session::Ticket, shared::Shared};
use pgs_core::routing::{Refusal, Route, RouteRequest};
use std::time::Instant;
use tokio::time::sleep;

/// A session that may be opened, and its place among the live ones.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) route: Route,
    pub(super) ticket: Ticket,
    pub(super) asked: Instant,
}

/// Asks the router, and holds the client for a while when its server is just starting.
pub(super) async fn admit(
    shared: &Shared,
    crew: &Crew,
    request: &RouteRequest<'_>,
) -> Result<Admitted, Refusal> {
    let deadline = Instant::now() + shared.config.start_wait;
    loop {
        match enter(shared, crew, request).await {
            Err(Refusal::Starting(_)) if Instant::now() < deadline => {
                sleep(shared.config.revocation_tick).await;
            }
            decided => return decided,
        }
    }
}

async fn enter(
    shared: &Shared,
    crew: &Crew,
    request: &RouteRequest<'_>,
) -> Result<Admitted, Refusal> {
    if crew.is_draining() {
        return Err(Refusal::ShuttingDown);
    }
    let asked = Instant::now();
    let route = shared.router.route(request).await?;
    let limit = route.max_sessions.or(shared.config.max_sessions_per_tenant);
    let ticket = shared.sessions.enter(&route, limit, crew)?;
    // From here on the session is seen by whoever disables the tenant or drains the proxy; they may have done so
    // just before.
    if crew.is_draining() {
        return Err(Refusal::ShuttingDown);
    }
    if !shared.router.admits(route.uid).await {
        return Err(Refusal::AccessDisabled(route.id));
    }
    Ok(Admitted {
        route,
        ticket,
        asked,
    })
}

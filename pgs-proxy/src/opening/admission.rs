use super::peer::Peer;
use crate::{attempt::Attempt, crew::Crew, session::Ticket, shared::Shared, stream::Stream};
use pgs_core::routing::{Refusal, Route, RouteRequest};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A session that may be opened, and its place among the live ones.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) route: Route,
    pub(super) ticket: Ticket,
}

/// Why a session is not opened.
#[derive(Debug)]
pub(super) enum Denied {
    Refused(Refusal),
    /// The client went away meanwhile.
    Abandoned,
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Asks the router when it is the client's turn, and holds the client for a while when its server is just starting. That
/// is no part of its login: it waits for its turn again afterwards.
pub(super) async fn admit(
    shared: &Shared,
    crew: &Crew,
    peer: &Peer,
    request: &RouteRequest<'_>,
    attempt: &mut Attempt,
) -> Result<Admitted, Denied> {
    attempt.take_turn(shared, peer.address, request).await?;
    let deadline = Instant::now() + spread(shared.config.start_wait);
    let mut seat = None;
    loop {
        match enter(shared, crew, request).await {
            Err(Refusal::Starting(id)) if Instant::now() < deadline => {
                if seat.is_none() {
                    seat = Some(shared.waiting_room.seat(&id)?);
                }
                attempt.step_aside();
                pause(shared.config.revocation_tick, &peer.stream).await?;
            }
            decided if attempt.has_turn() => return Ok(decided?),
            // Much may have changed by then.
            _ => attempt.take_turn(shared, peer.address, request).await?,
        }
    }
}

/// Whoever waits keeps nothing for a client that is gone. What a client sends meanwhile stays in the kernel.
async fn pause(tick: Duration, client: &Stream) -> Result<(), Denied> {
    tokio::select! {
        () = sleep(spread(tick)) => Ok(()),
        () = client.ended() => Err(Denied::Abandoned),
    }
}

/// Up to a tenth longer, so that those who came together do not come back together.
fn spread(duration: Duration) -> Duration {
    duration + duration.mul_f64(rand::random_range(0.0..0.1))
}

async fn enter(
    shared: &Shared,
    crew: &Crew,
    request: &RouteRequest<'_>,
) -> Result<Admitted, Refusal> {
    if crew.is_draining() {
        return Err(Refusal::ShuttingDown);
    }
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
    Ok(Admitted { route, ticket })
}

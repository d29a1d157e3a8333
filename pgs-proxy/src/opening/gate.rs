use crate::{ListenerPolicy, attempt::Attempt, shared::Shared};
use pgs_core::routing::{Refusal, RouteRequest};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What a session holds of the proxy's limits; dropping it gives that back.
#[derive(Debug)]
pub(crate) struct Pass {
    _session: OwnedSemaphorePermit,
}

/// Everything that is decided before the tenant is looked up, so that it tells nothing about it.
pub(super) fn pass(
    shared: &Shared,
    policy: &ListenerPolicy,
    request: &RouteRequest<'_>,
    attempt: &Attempt,
) -> Result<Pass, Refusal> {
    if !policy.networks.permit(request.peer) {
        return Err(Refusal::AddressDenied);
    }
    if attempt.is_banned(shared) {
        return Err(Refusal::Banned);
    }
    let session = Arc::clone(&shared.session_permits)
        .try_acquire_owned()
        .map_err(|_| Refusal::ProxyFull)?;
    Ok(Pass { _session: session })
}

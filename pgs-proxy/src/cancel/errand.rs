use super::forward;
use crate::{counters::add, shared::Shared};
use pgs_core::wire::CancelRequest;
use tokio::time::timeout;

/// Brings the request to whoever has its key: a server of a session here, else another process's.
pub(crate) async fn cancel(shared: &Shared, request: &CancelRequest<'_>) {
    if !cancel_here(shared, request).await && !cancel_elsewhere(shared, request).await {
        add(&shared.counters.cancels_dropped, 1);
    }
}

/// Answers whether a server was contacted.
pub(crate) async fn cancel_here(shared: &Shared, request: &CancelRequest<'_>) -> bool {
    let endpoints = shared.cancels.find(request);
    match shared.cancel_permits.try_acquire() {
        Ok(_permit) if !endpoints.is_empty() => {
            add(&shared.counters.cancels_forwarded, 1);
            forward(request.packet(), &endpoints, shared.config.cancel.timeout).await;
            true
        }
        _ => false,
    }
}

/// Has permits of its own: requests with keys that nobody has wait here for other processes, and must not keep those of
/// sessions here from their servers.
async fn cancel_elsewhere(shared: &Shared, request: &CancelRequest<'_>) -> bool {
    let (Some(peers), Ok(_permit)) = (
        &shared.helpers.cancel_peers,
        shared.foreign_cancel_permits.try_acquire(),
    ) else {
        return false;
    };
    let offered = timeout(shared.config.cancel.timeout, peers.offer(request.packet())).await;
    let taken = offered.unwrap_or(false);
    if taken {
        add(&shared.counters.cancels_forwarded, 1);
    }
    taken
}

use super::peer::Peer;
use crate::{
    ListenerPolicy, address_block::AddressBlock, attempt::Attempt, limits::Share, shared::Shared,
};
use pgs_core::routing::{Refusal, RouteRequest};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What a session holds of the proxy's limits; dropping it gives that back.
#[derive(Debug)]
pub(crate) struct Pass {
    _of_address: Option<Share<AddressBlock>>,
    _session: OwnedSemaphorePermit,
}

/// Everything that is decided before the tenant is looked up, so that it tells nothing about it.
pub(super) fn pass(
    shared: &Shared,
    policy: &ListenerPolicy,
    peer: &Peer,
    request: &RouteRequest<'_>,
    attempt: &Attempt,
) -> Result<Pass, Refusal> {
    if policy.tls.is_required() && peer.is_in_the_clear() {
        return Err(Refusal::TlsRequired);
    }
    if peer.lacks_certificate(&policy.tls) {
        return Err(Refusal::ClientCertificateRequired);
    }
    if !policy.networks.permit(request.peer) {
        return Err(Refusal::AddressDenied);
    }
    if attempt.is_banned(shared) {
        return Err(Refusal::Banned);
    }
    // Before what all share: an address that is full takes nothing of that.
    let of_address = match request.peer {
        Some(address) => Some(of_address(shared, address.into())?),
        None => None,
    };
    let session = Arc::clone(&shared.session_permits)
        .try_acquire_owned()
        .map_err(|_| Refusal::ProxyFull)?;
    Ok(Pass {
        _of_address: of_address,
        _session: session,
    })
}

fn of_address(shared: &Shared, address: AddressBlock) -> Result<Share<AddressBlock>, Refusal> {
    let limit = shared.config.max_sessions_per_address;
    let share = shared.sessions_by_address.take(address, limit);
    share.ok_or(Refusal::AddressFull)
}

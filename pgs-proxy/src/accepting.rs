//! Takes connections from a listener as they come, and gives each a task of its own.

use crate::{
    Listener, PeerAddress,
    address_block::AddressBlock,
    counters::add,
    crew::Crew,
    limits::{Place, ShareTaken},
    listener::Outage,
    opening::Opening,
    shared::Shared,
    stream::Stream,
};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field::Empty};

/// Holds one accepted connection at most that has no place among the handshakes yet; all others wait in the kernel. When
/// `over` is ready, that one still gets its place: nobody else knows of it.
pub(crate) async fn accept_until(
    over: impl Future<Output = ()>,
    shared: &Arc<Shared>,
    listener: &Listener,
    crew: &Arc<Crew>,
) {
    let (mut over, mut outage) = (pin!(over), Outage::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut over => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                outage.look_back();
                welcome(shared, crew, stream, peer).await;
            }
            Err(error) => {
                outage.go_on(&error);
                let is_ending = shared.handshakes.make_room(&shared.counters);
                sleep(if is_ending {
                    ONE_ENDS
                } else {
                    OUT_OF_DESCRIPTORS
                })
                .await;
            }
        }
    }
}

async fn welcome(shared: &Arc<Shared>, crew: &Arc<Crew>, stream: Stream, peer: PeerAddress) {
    add(&shared.counters.accepted, 1);
    let end = crew.no_more_openings.child_token();
    let Ok(place) = place(shared, crew, peer, end.clone()).await else {
        return;
    };
    let opening = Opening::new(Arc::clone(shared), Arc::clone(crew), stream, peer);
    let span = connection_span(peer, &crew.listener);
    let task = opening.run(place).instrument(span);
    crew.openings.spawn(end.run_until_cancelled_owned(task));
}

/// What becomes known later is recorded then; `client` only where `peer` is a load balancer.
fn connection_span(peer: PeerAddress, listener: &str) -> Span {
    tracing::debug_span!(
        "connection",
        %peer,
        listener,
        client = Empty,
        tls = Empty,
        user = Empty,
        tenant = Empty
    )
}

/// Behind a trusted proxy, whose share it takes is known only when its header has come.
async fn place(
    shared: &Arc<Shared>,
    crew: &Crew,
    peer: PeerAddress,
    end: CancellationToken,
) -> Result<Place, ShareTaken> {
    let address = match crew.policy.proxy_protocol {
        Some(_) => None,
        None => peer.ip().map(AddressBlock::from),
    };
    shared
        .handshakes
        .place(address, end, &shared.counters)
        .await
}

/// Only another connection's end helps, so asking at once again would only burn the processor. What waits in the
/// kernel meanwhile is served as soon as one ends; a descriptor held in reserve would serve to turn it away instead.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(75);
/// Until the connection that made room is closed.
const ONE_ENDS: Duration = Duration::from_millis(1);

//! Takes connections from a listener as they come, and gives each a task of its own.

use crate::{
    PeerAddress,
    address_block::AddressBlock,
    counters::add,
    crew::Crew,
    limits::{Place, ShareTaken},
    listener::{Accepted, Door, Listener, Outage},
    opening::Opening,
    shared::Shared,
    workers::Seat,
};
use std::{io, panic::resume_unwind, pin::Pin, sync::Arc, time::Duration};
use tokio::{runtime::Handle, time::sleep};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::AbortOnDropHandle,
};
use tracing::{Instrument, Span, field::Empty};

/// A listener that is accepted from, on a worker where there are some.
pub(crate) struct Accepting {
    over: CancellationToken,
    closed: CancellationToken,
    task: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Accepting {
    pub(crate) fn begin(
        listener: Listener,
        shared: &Arc<Shared>,
        crew: &Arc<Crew>,
    ) -> io::Result<Self> {
        let seat = shared.workers.seat();
        let worker = seat.as_ref().map(Seat::worker);
        let door = {
            let _inside = worker.as_ref().map(Handle::enter);
            Door::open(listener)?
        };
        let (over, closed) = (CancellationToken::new(), CancellationToken::new());
        let open = OpenDoor {
            door,
            _seat: seat,
            _closed: closed.clone().drop_guard(),
        };
        let task = accept_until(over.clone(), Arc::clone(shared), open, Arc::clone(crew));
        Ok(Self {
            over,
            closed,
            task: match worker {
                None => Box::pin(task),
                Some(worker) => Box::pin(watch(AbortOnDropHandle::new(worker.spawn(task)))),
            },
        })
    }

    /// Accepts until `replaced` is ready, then closes the listener. Who was accepted before still gets a place: nobody
    /// else knows of it.
    pub(crate) async fn run_until(&mut self, replaced: impl Future<Output = ()>) {
        tokio::select! {
            () = &mut self.task => return,
            () = replaced => self.over.cancel(),
        }
        self.task.as_mut().await;
    }

    /// Closes the listener at once.
    pub(crate) async fn stop(self) {
        drop(self.task);
        self.closed.cancelled().await;
    }
}

/// A panic in there is this task's, too: a proxy that accepts nothing any more has to be noticed.
async fn watch(task: AbortOnDropHandle<()>) {
    if let Err(error) = task.await
        && let Ok(panic) = error.try_into_panic()
    {
        resume_unwind(panic);
    }
}

/// What ends with the accepting, in this order.
#[derive(Debug)]
struct OpenDoor {
    door: Door,
    _seat: Option<Seat>,
    _closed: DropGuard,
}

/// Holds one accepted connection at most that has no place among the handshakes yet; all others wait in the kernel.
async fn accept_until(
    over: CancellationToken,
    shared: Arc<Shared>,
    open: OpenDoor,
    crew: Arc<Crew>,
) {
    let mut outage = Outage::default();
    loop {
        let accepted = tokio::select! {
            accepted = open.door.accept() => accepted,
            () = over.cancelled() => return,
        };
        match accepted {
            Ok((connection, peer)) => {
                outage.look_back();
                welcome(&shared, &crew, connection, peer).await;
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

async fn welcome(shared: &Arc<Shared>, crew: &Arc<Crew>, connection: Accepted, peer: PeerAddress) {
    add(&shared.counters.accepted, 1);
    let end = crew.no_more_openings.child_token();
    let Ok(place) = place(shared, crew, peer, end.clone()).await else {
        return;
    };
    let (shared, crew) = (Arc::clone(shared), Arc::clone(crew));
    let openings = crew.openings.clone();
    let (span, seat) = (connection_span(peer, &crew.listener), shared.workers.seat());
    let worker = seat.as_ref().map(Seat::worker);
    let task = async move {
        match connection.register() {
            Ok(stream) => {
                let opening = Opening::new(shared, crew, stream, peer, seat);
                opening.run(place).await;
            }
            Err(error) => tracing::error!(%error, "a connection cannot be served"),
        }
    };
    let task = end.run_until_cancelled_owned(task.instrument(span));
    match worker {
        Some(worker) => drop(openings.spawn_on(task, &worker)),
        None => drop(openings.spawn(task)),
    }
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

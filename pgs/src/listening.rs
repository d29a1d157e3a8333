use crate::{
    activation::Passed,
    handle::resolve,
    takeover::{Place, Predecessor},
};
use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::{Listener, ListenerPolicy};
use std::net::SocketAddr;

/// An address to listen on, as it is configured.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) address: String,
    /// What it resolves to, where it is an address with a port.
    resolved: Option<SocketAddr>,
    pub(crate) policy: ListenerPolicy,
}

/// A socket to accept from.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) address: String,
    pub(crate) listener: Listener,
    pub(crate) policy: ListenerPolicy,
}

impl Wanted {
    pub(crate) async fn new(address: String, policy: ListenerPolicy) -> Result<Self> {
        let resolved = match Passed::at(&address) {
            Some(_) => None,
            None => Some(resolve(&address).await?),
        };
        Ok(Self {
            address,
            resolved,
            policy,
        })
    }

    /// Whether a process listens there that could be taken over from.
    pub(crate) fn is_of(&self, predecessor: &Predecessor) -> bool {
        predecessor.has(&self.address, self.resolved)
    }

    /// The sockets for it: those of a process that is taken over from, else those that systemd passed, else a new one.
    pub(crate) fn bind(self, predecessors: &mut [Predecessor]) -> Result<Vec<Bound>> {
        let listeners = match self.take_over(predecessors) {
            taken if !taken.is_empty() => taken,
            _ => self.open()?,
        };
        let bound = listeners.into_iter().map(|listener| Bound {
            address: self.address.clone(),
            listener,
            policy: self.policy.clone(),
        });
        Ok(bound.collect())
    }

    fn take_over(&self, predecessors: &mut [Predecessor]) -> Vec<Listener> {
        let mut take = || {
            let mut each = predecessors.iter_mut();
            each.find_map(|one| one.take(&self.address, self.resolved))
        };
        let first = take();
        if Passed::at(&self.address).is_none() {
            return first.into_iter().collect();
        }
        // One address, as many sockets as the unit has.
        first.into_iter().chain(std::iter::from_fn(take)).collect()
    }

    fn open(&self) -> Result<Vec<Listener>> {
        let refused = |source| cannot_listen(&self.address, source);
        let sockets = match (self.resolved, Passed::at(&self.address)) {
            (Some(resolved), _) => {
                let listener = pgs_proxy::bind(resolved).map_err(refused)?;
                return Ok(vec![listener.into()]);
            }
            (None, Some(passed)) => passed.take().map_err(refused)?,
            (None, None) => Vec::new(),
        };
        if sockets.is_empty() {
            return Err(nothing_passed(&self.address));
        }
        let listeners = sockets.into_iter().map(Listener::inherited);
        listeners.collect::<std::io::Result<_>>().map_err(refused)
    }
}

/// The processes whose place is taken: the only one there is, or those that listen on what is wanted.
pub(crate) async fn predecessors(place: &Place, wanted: &[Wanted]) -> Result<Vec<Predecessor>> {
    let mut found = Predecessor::all(place).await?;
    if found.len() < 2 {
        return Ok(found);
    }
    let pids: Vec<_> = found.iter().map(Predecessor::pid).collect();
    found.retain(|one| wanted.iter().any(|wanted| wanted.is_of(one)));
    if found.is_empty() {
        let message = format!(
            "several processes serve this state directory ({pids:?}), and none listens on an address that is configured here"
        );
        return Err(Error::new(ErrorKind::InvalidInput, message).with_remedy(
            "name the address of the one to take over from, or start without a takeover",
        ));
    }
    Ok(found)
}

fn cannot_listen(address: &str, source: std::io::Error) -> Error {
    let error = match source.kind() {
        std::io::ErrorKind::AddrInUse => Error::new(
            ErrorKind::AlreadyExists,
            format!("something else listens on `{address}` already"),
        )
        .with_remedy(
            "choose another port with --listen, such as 127.0.0.1:6432; to take the place of another pgs serve, use --takeover",
        ),
        _ => Error::io(
            format!("cannot listen on `{address}`"),
            std::io::Error::from(source.kind()),
        ),
    };
    error.with_source(source)
}

fn nothing_passed(address: &str) -> Error {
    let message = format!("no socket for `{address}` was passed to this process");
    Error::new(ErrorKind::NotFound, message).with_remedy(
        "start it through its socket unit (docs/guides/upgrades.md), whose FileDescriptorName= is what follows `systemd:`",
    )
}

use crate::{
    ListenAddress,
    activation::Passed,
    opened::{Opened, cannot_listen, check},
    takeover::{Place, Predecessor},
};
use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::{Listener, ListenerPolicy};
use std::io;

/// An address to listen on, as it is configured.
#[derive(Debug)]
pub(crate) struct Wanted {
    configured: String,
    /// None where systemd knows it.
    address: Option<ListenAddress>,
    policy: ListenerPolicy,
}

/// A socket to accept from.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) configured: String,
    pub(crate) opened: Opened,
    pub(crate) policy: ListenerPolicy,
}

impl Wanted {
    pub(crate) async fn new(configured: String, policy: ListenerPolicy) -> Result<Self> {
        let address = match Passed::at(&configured) {
            Some(_) => None,
            None => Some(ListenAddress::resolve(&configured).await?),
        };
        if let Some(address) = &address {
            check(address, &policy, &configured)?;
        }
        Ok(Self {
            configured,
            address,
            policy,
        })
    }

    /// Whether a process listens there that could be taken over from.
    pub(crate) fn is_of(&self, predecessor: &Predecessor) -> bool {
        predecessor.has(&self.configured, self.address.as_ref())
    }

    /// The sockets for it: those of a process that is taken over from, else those that systemd passed, else a new one.
    pub(crate) fn bind(self, predecessors: &mut [Predecessor]) -> Result<Vec<Bound>> {
        let opened = match self.take_over(predecessors) {
            taken if !taken.is_empty() => taken,
            _ => self.open()?,
        };
        let bound = opened.into_iter().map(|opened| Bound {
            configured: self.configured.clone(),
            opened,
            policy: self.policy.clone(),
        });
        Ok(bound.collect())
    }

    fn take_over(&self, predecessors: &mut [Predecessor]) -> Vec<Opened> {
        let mut take = || {
            let mut each = predecessors.iter_mut();
            each.find_map(|one| one.take(&self.configured, self.address.as_ref()))
        };
        if self.address.is_some() {
            return take().map(Opened::taken_over).into_iter().collect();
        }
        // One name, as many sockets as the unit has, whose files are systemd's.
        std::iter::from_fn(take).map(Opened::passed).collect()
    }

    fn open(&self) -> Result<Vec<Opened>> {
        if let Some(address) = self.address.clone() {
            let opened = Opened::at(address, &self.policy, &self.configured)?;
            return Ok(vec![opened]);
        }
        let refused = |source| cannot_listen(&self.configured, source);
        let passed = Passed::at(&self.configured).map(Passed::take);
        let sockets = passed.transpose().map_err(refused)?.unwrap_or_default();
        if sockets.is_empty() {
            return Err(nothing_passed(&self.configured));
        }
        let listeners = sockets.into_iter().map(Listener::inherited);
        let opened = listeners.map(|listener| listener.map(Opened::passed));
        opened.collect::<io::Result<_>>().map_err(refused)
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

fn nothing_passed(address: &str) -> Error {
    let message = format!("no socket for `{address}` was passed to this process");
    Error::new(ErrorKind::NotFound, message).with_remedy(
        "start it through its socket unit (docs/guides/upgrades.md), whose FileDescriptorName= is what follows `systemd:`",
    )
}

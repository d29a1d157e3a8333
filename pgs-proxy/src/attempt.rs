use crate::{PeerAddress, bans::Culprit, shared::Shared};
use pgs_core::{
    routing::RouteRequest,
    wire::{Challenge, KeySniffer},
};
use std::time::Instant;

/// One try to log in: what is learnt from it and counted against it, whether a server answers or the decoy.
#[derive(Debug)]
pub(crate) struct Attempt {
    began: Instant,
    asked_for: Box<[u8]>,
    /// None for who is never banned, and once it was counted.
    culprit: Option<Culprit>,
}

impl Attempt {
    pub(crate) fn new(shared: &Shared, peer: PeerAddress, request: &RouteRequest<'_>) -> Self {
        let may_be_banned = shared.config.bans.loopback || !peer.is_local();
        let address = peer.ip().filter(|_| may_be_banned);
        Self {
            began: Instant::now(),
            asked_for: asked_for(request).into(),
            culprit: address.map(|address| Culprit::new(tenant_claimed(request), address)),
        }
    }

    /// When the startup packet was there.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn is_banned(&self, shared: &Shared) -> bool {
        let culprit = self.culprit.as_ref();
        culprit.is_some_and(|culprit| shared.bans.is_banned(culprit))
    }

    /// The salt that clients were told before who asked for the same.
    pub(crate) fn known_salt(&self, shared: &Shared) -> Option<Challenge> {
        shared.salts.of(&self.asked_for)
    }

    /// Remembers the salt that a server has just told.
    pub(crate) fn learn_salt(&self, shared: &Shared, sniffer: &mut KeySniffer) {
        if let Some(challenge) = sniffer.take_challenge() {
            shared.salts.learn(&self.asked_for, challenge);
        }
    }

    /// Counts how it ended, once, from the words the client is about to hear.
    ///
    /// Only a wrong password is a failure: with any other error nothing was guessed.
    pub(crate) fn judge(&mut self, shared: &Shared, sniffer: &KeySniffer) {
        if sniffer.wrong_password_source().is_some() {
            if let Some(culprit) = self.culprit.take() {
                shared.bans.failed(&culprit);
            }
        } else if sniffer.is_authenticated()
            && let Some(culprit) = self.culprit.take()
        {
            shared.bans.succeeded(&culprit);
        }
    }
}

/// The name of the tenant that the client means, whether there is one or not.
fn tenant_claimed<'a>(request: &RouteRequest<'a>) -> &'a [u8] {
    request.user
}

/// Everything that decides which role of which tenant answers: the user name as the client wrote it, and what else may
/// name the tenant on this listener.
fn asked_for(request: &RouteRequest<'_>) -> Vec<u8> {
    let keys = request.keys;
    let host = request.host.filter(|_| !keys.host_suffixes.is_empty());
    let database = Some(request.database).filter(|_| keys.database);
    let options = request.options.filter(|_| keys.options);
    let mut asked_for = request.user.to_vec();
    for further in [host.map(str::as_bytes), database, options] {
        // No name has a NUL in it.
        asked_for.push(0);
        asked_for.extend_from_slice(further.unwrap_or_default());
    }
    asked_for
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::routing::{Replication, RoutingKeys};

    #[test]
    fn what_does_not_name_the_tenant_makes_no_difference() {
        let keys = RoutingKeys {
            database: true,
            ..RoutingKeys::default()
        };
        let with = |database: &'static [u8], keys| {
            let mut request = RouteRequest::new(b"bob", database, Replication::None, None);
            request.keys = keys;
            asked_for(&request)
        };
        assert_eq!(
            with(b"one", RoutingKeys::USER_NAME),
            with(b"two", RoutingKeys::USER_NAME)
        );
        assert_ne!(with(b"one", &keys), with(b"two", &keys));
    }
}

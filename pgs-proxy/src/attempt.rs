use crate::{PeerAddress, bans::Culprit, shared::Shared};
use pgs_core::{
    routing::RouteRequest,
    wire::{Challenge, KeySniffer},
};
use std::{borrow::Cow, time::Instant};

/// One try to log in: what is learnt from it and counted against it, whether a server answers or the decoy.
#[derive(Debug)]
pub(crate) struct Attempt {
    began: Instant,
    /// Which role of which tenant.
    identity: Box<[u8]>,
    /// None for who is never banned, and once it was counted.
    culprit: Option<Culprit>,
}

impl Attempt {
    pub(crate) fn new(shared: &Shared, peer: PeerAddress, request: &RouteRequest<'_>) -> Self {
        let may_be_banned = shared.config.bans.loopback || !peer.is_local();
        let address = peer.ip().filter(|_| may_be_banned);
        Self {
            began: Instant::now(),
            identity: request.identity().into(),
            culprit: address.map(|address| Culprit::new(&tenant_claimed(request), address)),
        }
    }

    /// When the startup packet was there.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Which role of which tenant it asks for.
    pub(crate) fn identity(&self) -> &[u8] {
        &self.identity
    }

    pub(crate) fn is_banned(&self, shared: &Shared) -> bool {
        let culprit = self.culprit.as_ref();
        culprit.is_some_and(|culprit| shared.bans.is_banned(culprit))
    }

    /// The salt that clients were told before who asked for the same.
    pub(crate) fn known_salt(&self, shared: &Shared) -> Option<Challenge> {
        shared.salts.of(&self.identity)
    }

    /// Remembers the salt that a server has just told.
    pub(crate) fn learn_salt(&self, shared: &Shared, sniffer: &mut KeySniffer) {
        if let Some(challenge) = sniffer.take_challenge() {
            shared.salts.learn(&self.identity, challenge);
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

/// The name of the tenant that the client means, whether there is one or not; of contradictory ones none in particular.
fn tenant_claimed<'a>(request: &RouteRequest<'a>) -> Cow<'a, [u8]> {
    request.claim().unwrap_or(Cow::Borrowed(request.user))
}

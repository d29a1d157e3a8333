use crate::{PeerAddress, bans::Culprit, counters::add, shared::Shared};
use pgs_core::{
    routing::RouteRequest,
    wire::{Challenge, KeySniffer},
};
use std::{borrow::Cow, time::Instant};

/// One try to log in: what is learnt from it and counted against it, whether a server answers or the decoy.
#[derive(Debug)]
pub(crate) struct Attempt {
    began: Instant,
    /// The role and the tenant.
    asked_for: Box<[u8]>,
    /// None for who is never banned, and once it was counted.
    culprit: Option<Culprit>,
}

impl Attempt {
    pub(crate) fn new(shared: &Shared, peer: PeerAddress, request: &RouteRequest<'_>) -> Self {
        let may_be_banned = shared.config.bans.loopback || !peer.is_local();
        let address = peer.ip().filter(|_| may_be_banned);
        // Keys that disagree name nobody, so what is left is who the client says it is.
        let claimed = request.claim().unwrap_or(Cow::Borrowed(request.user));
        Self {
            began: Instant::now(),
            asked_for: request.identity().into(),
            culprit: address.map(|address| Culprit::new(&claimed, address)),
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
            if let Some(culprit) = self.culprit.take()
                && shared.bans.failed(&culprit, &self.asked_for)
            {
                add(&shared.counters.bans, 1);
            }
        } else if sniffer.is_authenticated()
            && let Some(culprit) = self.culprit.take()
        {
            shared.bans.succeeded(&culprit, &self.asked_for);
        }
    }
}

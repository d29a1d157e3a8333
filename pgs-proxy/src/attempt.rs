use crate::{PeerAddress, bans::Culprit, counters::add, limits::Unfinished, shared::Shared};
use pgs_core::{
    routing::{Refusal, RouteRequest},
    wire::{Challenge, KeySniffer},
};
use std::{borrow::Cow, time::Instant};
use tokio_util::sync::CancellationToken;

/// One try to log in: what is learnt from it and counted against it, whether a server answers or the decoy.
#[derive(Debug)]
pub(crate) struct Attempt {
    began: Instant,
    /// The role and the tenant.
    asked_for: Box<[u8]>,
    /// None for who is never banned, and once it was counted.
    culprit: Option<Culprit>,
    /// Counted off with the attempt; none while it does not count.
    login: Option<Unfinished>,
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
            login: None,
        }
    }

    /// Whether it counts as an unfinished login.
    pub(crate) fn has_turn(&self) -> bool {
        self.login.is_some()
    }

    /// Counts as an unfinished login as soon as it is its turn.
    pub(crate) async fn take_turn(
        &mut self,
        shared: &Shared,
        peer: PeerAddress,
        request: &RouteRequest<'_>,
    ) -> Result<(), Refusal> {
        self.login = Some(shared.logins.begin(peer, request).await?);
        self.began = Instant::now();
        Ok(())
    }

    /// Does not count for a while.
    pub(crate) fn step_aside(&mut self) {
        self.login = None;
    }

    /// Cancelled when it has to make room for somebody else.
    pub(crate) fn end(&self) -> CancellationToken {
        let end = self.login.as_ref().map(|login| login.end().clone());
        end.unwrap_or_default()
    }

    /// When the startup packet was there, or its turn came.
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
                && shared.bans.failed(&culprit)
            {
                add(&shared.counters.bans, 1);
            }
        } else if sniffer.is_authenticated()
            && let Some(culprit) = self.culprit.take()
        {
            shared.bans.succeeded(&culprit);
        }
    }
}

use crate::{
    KnownServer, PeerAddress, arrival::Arrival, bans::Culprit, counters::add, limits::Unfinished,
    salts::Guise, shared::Shared,
};
use pgs_core::{
    routing::{Refusal, RouteRequest},
    wire::{Challenge, KeySniffer, ProtocolVersion},
};
use std::{borrow::Cow, time::Instant};
use tokio_util::sync::CancellationToken;

/// One try to log in: what is learnt from it and counted against it, whether a server answers or the decoy.
#[derive(Debug)]
pub(crate) struct Attempt {
    began: Arrival,
    has_stood_aside: bool,
    /// The role and the tenant.
    asked_for: Box<[u8]>,
    version: ProtocolVersion,
    /// None for who is never banned, and once it was counted.
    culprit: Option<Culprit>,
    /// Counted off with the attempt; none while it does not count.
    login: Option<Unfinished>,
}

impl Attempt {
    /// One whose startup packet came in at that time.
    pub(crate) fn new(
        shared: &Shared,
        peer: PeerAddress,
        request: &RouteRequest<'_>,
        arrived: Arrival,
    ) -> Self {
        let may_be_banned = shared.config.bans.loopback || !peer.is_local();
        let address = peer.ip().filter(|_| may_be_banned);
        // Keys that disagree name nobody, so what is left is who the client says it is.
        let claimed = request.claim().unwrap_or(Cow::Borrowed(request.user));
        Self {
            began: arrived,
            has_stood_aside: false,
            asked_for: request.identity().into(),
            version: ProtocolVersion::V3_0,
            culprit: address.map(|address| Culprit::new(&claimed, address)),
            login: None,
        }
    }

    /// The same attempt, with the protocol version that the client asks for.
    pub(crate) fn with_version(mut self, version: ProtocolVersion) -> Self {
        self.version = version;
        self
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
        let asked = Instant::now();
        self.login = Some(shared.logins.begin(peer, request).await?);
        if self.has_stood_aside {
            self.began = Arrival::now();
        } else {
            self.began.heard += asked.elapsed();
        }
        Ok(())
    }

    /// Does not count for a while.
    pub(crate) fn step_aside(&mut self) {
        self.login = None;
        self.has_stood_aside = true;
    }

    /// Cancelled when it has to make room for somebody else.
    pub(crate) fn end(&self) -> CancellationToken {
        let end = self.login.as_ref().map(|login| login.end().clone());
        end.unwrap_or_default()
    }

    /// When the startup packet came in, without the time that it then waited for its turn.
    pub(crate) fn began(&self) -> Arrival {
        self.began
    }

    /// The role and the tenant, as one.
    pub(crate) fn asked_for(&self) -> &[u8] {
        &self.asked_for
    }

    pub(crate) fn is_banned(&self, shared: &Shared) -> bool {
        let culprit = self.culprit.as_ref();
        culprit.is_some_and(|culprit| shared.bans.is_banned(culprit))
    }

    /// The salt that clients were told before who asked for the same.
    pub(crate) fn known_salt(&self, shared: &Shared) -> Option<Challenge> {
        shared.salts.of(&self.asked_for)
    }

    /// The server that the decoy is to look like.
    pub(crate) fn guise(&self, shared: &Shared) -> Guise {
        let default = shared.wrong_password.source();
        let secret = &shared.config.mock_secret;
        shared.salts.guise(&self.asked_for, secret, default)
    }

    /// Remembers what a server has just told to anybody: the salt, its version, where it raises a wrong password.
    pub(crate) fn learn(&self, shared: &Shared, sniffer: &mut KeySniffer) {
        if let Some(challenge) = sniffer.take_challenge() {
            let server = self.server(sniffer);
            shared.salts.learn(&self.asked_for, challenge, &server);
        }
        if let Some(source) = sniffer.wrong_password_source() {
            shared.salts.learn_source(&self.asked_for, source);
        }
    }

    /// Whoever asks for no more than 3.0 does not learn what else the server speaks.
    fn server(&self, sniffer: &KeySniffer) -> KnownServer {
        if self.version <= ProtocolVersion::V3_0 {
            return KnownServer::unknown();
        }
        let is_old = sniffer.negotiated() == Some(ProtocolVersion::V3_0);
        KnownServer::unknown().with_newest(if is_old {
            ProtocolVersion::V3_0
        } else {
            ProtocolVersion::V3_2
        })
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

use super::peer::{Gone, Peer};
use crate::{
    arrival::Arrival,
    attempt::Attempt,
    pace::{Alarm, Cue, Pace, Phase, RefusalTimes},
    shared::Shared,
    stream::Leg,
};
use pgs_core::{
    handshake::mock_scram::{MockAction, MockScram, MockStep},
    routing::RouteRequest,
    wire::{KeySniffer, Progress, ProtocolVersion, StartupMessage},
};
use std::time::{Duration, Instant};
use tokio::time;

/// A server that is not there, for a client to try its password on: in its words, in its time, and with its failures
/// counted as everywhere.
#[derive(Debug)]
pub(super) struct Decoy<'a> {
    shared: &'a Shared,
    attempt: Attempt,
    exchange: MockScram,
    /// The newest version that it speaks.
    newest: ProtocolVersion,
    /// Reads along as it would with a live server.
    sniffer: KeySniffer,
    pace: &'a Pace,
    times: RefusalTimes,
    alarm: Alarm,
    /// When the client last said something, and when it had the decoy's latest words.
    heard: Arrival,
    spoke: Instant,
    deadline: time::Instant,
}

impl<'a> Decoy<'a> {
    /// It names the role which a live server would name, with a salt of that role and that tenant alone, and
    /// speaks as that tenant's server did, or as one of others'.
    pub(super) fn new(
        shared: &'a Shared,
        attempt: Attempt,
        request: &RouteRequest<'_>,
        leg: Leg,
    ) -> Self {
        let secret = &shared.config.mock_secret;
        let guise = attempt.guise(shared);
        let mut exchange = MockScram::new(request.role(), secret, rand::random())
            .with_salt_of(&request.identity(), secret)
            .with_wrong_password_source(guise.wrong_password);
        if let Some(challenge) = attempt.known_salt(shared) {
            exchange = exchange.with_challenge(&challenge);
        }
        Self {
            shared,
            exchange,
            newest: guise.newest,
            sniffer: KeySniffer::new(),
            times: shared.paces.sample(leg),
            pace: shared.paces.of(leg),
            alarm: Alarm::new(),
            heard: attempt.began(),
            spoke: attempt.began().heard,
            attempt,
            deadline: time::Instant::now() + shared.config.authentication_timeout,
        }
    }

    pub(super) async fn refuse(
        mut self,
        mut peer: Peer,
        startup: &StartupMessage<'_>,
        pipelined: &[u8],
    ) {
        if self.greet(&mut peer, startup).await.is_err() {
            return;
        }
        if let Ok(last_words) = self.converse(&mut peer, pipelined.to_vec()).await
            && self.say_last(&mut peer, &last_words).await.is_ok()
        {
            // An attempt is over when its server has closed.
            drop(self);
            peer.linger().await;
        }
    }

    async fn greet(&mut self, peer: &mut Peer, startup: &StartupMessage<'_>) -> Result<(), Gone> {
        let mut greeting = Vec::new();
        if let Some(negotiation) = startup.negotiation_with(self.newest) {
            negotiation.encode(&mut greeting);
        }
        greeting.extend(self.exchange.greeting());
        self.say(peer, &greeting).await?;
        self.heard = Arrival::now();
        Ok(())
    }

    async fn converse(&mut self, peer: &mut Peer, mut unread: Vec<u8>) -> Result<Vec<u8>, Gone> {
        let MockStep {
            mut consumed,
            mut action,
        } = self.exchange.advance(&unread);
        loop {
            match action {
                MockAction::NeedMore(_) => match self.hear(peer, &mut unread).await {
                    Ok(()) => MockStep { consumed, action } = self.exchange.advance(&unread),
                    Err(Gone) if time::Instant::now() >= self.deadline => return Err(Gone),
                    Err(Gone) => action = self.exchange.end_of_input(&unread),
                },
                MockAction::Reply(bytes) => {
                    self.say(peer, &bytes).await?;
                    unread.drain(..consumed);
                    MockStep { consumed, action } = self.exchange.advance(&unread);
                }
                MockAction::Reject(bytes) => return Ok(bytes),
                MockAction::Close => {
                    self.wait_until(self.heard.heard + self.times.closing).await;
                    return Err(Gone);
                }
            }
        }
    }

    async fn hear(&mut self, peer: &mut Peer, unread: &mut Vec<u8>) -> Result<(), Gone> {
        let heard = peer.read(unread, MAX_UNREAD, self.deadline).await;
        self.heard = *heard.as_ref().unwrap_or(&Arrival::now());
        heard.map(drop)
    }

    /// Says the next words when a server would have.
    async fn say(&mut self, peer: &mut Peer, bytes: &[u8]) -> Result<(), Gone> {
        self.speak(peer, bytes).await?.0.learn();
        Ok(())
    }

    /// Says the last words, and closes when a server would have.
    async fn say_last(&mut self, peer: &mut Peer, bytes: &[u8]) -> Result<(), Gone> {
        let (words, cue) = self.speak(peer, bytes).await?;
        let start = cue.start(self.spoke);
        let has_waited = self.wait_until(start).await;
        let began = Instant::now();
        peer.end().await?;
        let ended = Instant::now();
        // Not before: the end may have been due at once.
        words.learn();
        let end = Spoken {
            cue,
            took: ended - self.spoke,
            late: has_waited.then(|| began - start),
            sending: ended - began,
        };
        end.learn();
        Ok(())
    }

    /// Answers when to end, too, if these were the last words: an end may be due at once, with no time to work that out.
    async fn speak(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
    ) -> Result<(Spoken<'a>, Cue<'a>), Gone> {
        let phase = match self.sniffer.progress() {
            Progress::Silent => Phase::Greeting,
            Progress::Asked => Phase::Challenge,
            _ => Phase::Verdict,
        };
        let cue = self.pace.cue(phase, &self.times);
        self.sniffer.feed(bytes);
        self.attempt.judge(self.shared, &self.sniffer);
        let turn = self.heard.heard.max(self.spoke);
        let start = cue.start(turn);
        let has_waited = self.wait_until(start).await;
        if phase != Phase::Challenge {
            let took = turn.elapsed() + self.heard.unheard;
            self.times = cue.nearest(took).unwrap_or(self.times);
        }
        let end = cue.of_the_end(&self.times);
        let began = Instant::now();
        peer.write(bytes, self.deadline).await?;
        self.spoke = Instant::now();
        let words = Spoken {
            cue,
            took: self.spoke - turn + self.heard.unheard,
            late: has_waited.then(|| began - start),
            sending: self.spoke - began,
        };
        Ok((words, end))
    }

    /// Whether that is not over yet.
    async fn wait_until(&self, start: Instant) -> bool {
        let has_to_wait = Instant::now() < start;
        if has_to_wait {
            self.alarm.ring_at(start, self.pace).await;
        }
        has_to_wait
    }
}

/// What a decoy has said, and how long it took.
struct Spoken<'a> {
    cue: Cue<'a>,
    took: Duration,
    late: Option<Duration>,
    sending: Duration,
}

impl Spoken<'_> {
    fn learn(self) {
        self.cue.was_taken(self.took, self.late, self.sending);
    }
}

/// The longest message of an exchange is 1025 bytes; a startup packet's buffer may have brought more.
const MAX_UNREAD: usize = 16 * 1024;

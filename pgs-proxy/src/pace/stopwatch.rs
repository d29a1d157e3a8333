use super::{
    Pace, Phase, RefusalTimes, Step, known_roles::RoleKey, refusal_times::AT_ONCE, scatter,
};
use crate::arrival::Arrival;
use pgs_core::wire::Progress;
use std::time::{Duration, Instant};

/// Measures one login. The client's time to think is not in it: each step begins with the last the client has sent.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    role: RoleKey,
    /// What the server has yet to answer.
    asked: Option<Instant>,
    /// How long before that the client had asked.
    unheard: Duration,
    /// Whether the client has spoken only when it was his turn.
    is_orderly: bool,
    /// When the server's latest words, or its end, were about to be sent.
    telling: Instant,
    /// When the client had the server's words before.
    told: Instant,
    held: Duration,
    /// How much later than all are told one a stranger is told this salt.
    scatter: Duration,
    seen: Progress,
    greeting: Option<Duration>,
    challenge: Option<Duration>,
    past_floor: Duration,
    verdict: Option<Duration>,
    refused: Option<Instant>,
}

impl Stopwatch {
    pub(crate) fn started(role: RoleKey, began: Arrival) -> Self {
        let asked = began.heard;
        Self {
            role,
            asked: Some(asked),
            unheard: began.unheard,
            is_orderly: true,
            telling: asked,
            told: asked,
            held: Duration::ZERO,
            scatter: scatter(),
            seen: Progress::Silent,
            greeting: None,
            challenge: None,
            past_floor: Duration::ZERO,
            verdict: None,
            refused: None,
        }
    }

    /// Who speaks again before he was answered could make any step as short as he likes: his login teaches nothing.
    pub(crate) fn client_spoke(&mut self, arrived: Arrival) {
        if self.refused.is_none() {
            self.is_orderly &= self.asked.is_none();
            self.asked = Some(arrived.heard);
            self.unheard = arrived.unheard;
        }
    }

    /// Before the client is sent words of the server, which bring the login this far, or its end.
    pub(crate) fn client_is_told(&mut self) {
        self.telling = Instant::now();
    }

    /// Until when a stranger has to wait for these words: for an answer that comes sooner than that for another role would,
    /// and for a salt that comes sooner than nearly every other. A success is told at once.
    pub(crate) fn due(&self, progress: Progress, pace: &Pace) -> Option<Instant> {
        if (self.seen, progress) == (Progress::Asked, Progress::Challenged) {
            return Some(self.turn() + self.salt_after(pace));
        }
        let step = self.step(progress, pace)?;
        Some(self.telling + pace.hold(self.role, step))
    }

    fn salt_after(&self, pace: &Pace) -> Duration {
        pace.challenge_floor() + self.scatter
    }

    /// When the server's latest turn began. Who has asked before he was told to is answered as if he had asked then, by decoys, too.
    fn turn(&self) -> Instant {
        self.asked.map_or(self.told, |asked| asked.max(self.told))
    }

    /// The words, or the end, were held back until now, and this is not the server's doing.
    pub(crate) fn was_held(&mut self) {
        let now = Instant::now();
        self.held = now.duration_since(self.telling);
        self.telling = now;
    }

    /// What the server has done when it has brought the login this far.
    fn step(&self, progress: Progress, pace: &Pace) -> Option<Step> {
        match (self.seen, progress) {
            (Progress::Silent, Progress::Asked) => Some(Step::Greeting),
            (Progress::Challenged, Progress::Refused) => {
                // Where the proxy hears the error only when the server has ended, the end comes with it.
                let took = self.telling.saturating_duration_since(self.asked?);
                let is_over = pace.usual_end(self.role).is_some_and(|end| took > end / 2);
                is_over.then_some(Step::End)
            }
            (Progress::Refused, _) => {
                let after = self.telling.saturating_duration_since(self.refused?);
                (after >= AT_ONCE).then_some(Step::End)
            }
            _ => None,
        }
    }

    /// After the client was sent words of the server, which have brought the login this far.
    ///
    /// Not before: a thread that has just slept takes longer to send the same words than one that was awake, and
    /// decoys make up for that.
    pub(crate) fn client_heard(&mut self, progress: Progress, now: Instant, pace: &Pace) {
        if progress == self.seen {
            return;
        }
        // An answer to nothing, or one that skips a step, is no measure; the times then stay incomplete.
        let (held, turn) = (std::mem::take(&mut self.held), self.turn());
        let took = |asked| now.duration_since(asked).saturating_sub(held);
        let took = self.asked.take().map(took);
        let unheard = std::mem::take(&mut self.unheard);
        let as_seen = took.map(|took| took + unheard);
        let sending = now.duration_since(self.telling);
        match (self.seen, progress) {
            (Progress::Silent, Progress::Asked) => {
                self.greeting = as_seen;
                pace.sending
                    .of(Phase::Greeting, sending)
                    .for_servers
                    .learn(sending);
            }
            (Progress::Asked, Progress::Challenged) => {
                self.challenge = took;
                pace.sending
                    .of(Phase::Challenge, sending)
                    .for_servers
                    .learn(sending);
                // Of who may know the reason nothing was held back.
                let floor = self.salt_after(pace);
                self.past_floor = now.duration_since(turn).saturating_sub(floor) + unheard;
            }
            (Progress::Challenged, Progress::LetIn) => {
                self.verdict = as_seen;
                let guess = RefusalTimes::guess();
                if let Some(times) = self.times(guess.closing) {
                    pace.learn_success(self.role, times);
                }
            }
            (Progress::Challenged, Progress::Refused) => {
                self.verdict = as_seen;
                self.refused = Some(now);
                pace.sending
                    .of(Phase::Verdict, sending)
                    .for_servers
                    .learn(sending);
            }
            _ => {}
        }
        self.seen = progress;
        self.told = now;
    }

    pub(crate) fn server_ended(&mut self, now: Instant, pace: &Pace) {
        let held = std::mem::take(&mut self.held);
        if let Some(refused) = self.refused.take()
            && let closing = now.duration_since(refused).saturating_sub(held)
            && let Some(times) = self.times(closing)
        {
            // A connection that broke came to its end without a word.
            if self.telling >= refused {
                let sent = pace.sending.of(Phase::Closing, closing);
                sent.for_servers.learn(now.duration_since(self.telling));
            }
            pace.learn_refusal(self.role, times);
        }
    }

    fn times(&self, closing: Duration) -> Option<RefusalTimes> {
        if !self.is_orderly {
            return None;
        }
        Some(RefusalTimes {
            greeting: self.greeting?,
            challenge: self.challenge?,
            past_floor: self.past_floor,
            verdict: self.verdict?,
            closing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{FIRST_FLOOR, WIDEST_SCATTER};
    use std::sync::Arc;

    /// Milliseconds at which something happens.
    enum Event {
        Client(u64),
        Server(u64, Progress),
        End(u64),
    }
    use Event::{Client, End, Server};

    fn learnt(events: &[Event]) -> Pace {
        let (pace, start) = (Pace::of_roles(&Arc::default()), Instant::now());
        let at = |millis: &u64| start + Duration::from_millis(*millis);
        let mut watch = Stopwatch::started(pace.role(b"app\0acme"), Arrival::at(start));
        for event in events {
            match event {
                Client(millis) => watch.client_spoke(Arrival::at(at(millis))),
                Server(millis, progress) => watch.client_heard(*progress, at(millis), &pace),
                End(millis) => watch.server_ended(at(millis), &pace),
            }
        }
        pace
    }

    #[test]
    fn a_refusal_is_measured_without_the_time_the_client_thinks() {
        let pace = learnt(&[
            Server(2, Progress::Asked),
            Client(110),
            Server(111, Progress::Challenged),
            Client(1_000),
            Server(1_003, Progress::Refused),
            Client(1_004),
            End(1_008),
        ]);
        let [greeting, challenge, verdict, closing] = [2, 1, 3, 5].map(Duration::from_millis);
        let learnt = pace.learnt().doubtful.iter().next().unwrap();
        let expected = RefusalTimes {
            greeting,
            challenge,
            past_floor: learnt.past_floor,
            verdict,
            closing,
        };
        assert_eq!(learnt, expected);
        let floor = challenge.checked_sub(learnt.past_floor).unwrap();
        assert!((FIRST_FLOOR..FIRST_FLOOR + WIDEST_SCATTER).contains(&floor));
    }

    #[test]
    fn of_who_is_not_held_back_it_is_learnt_how_long_strangers_would_be() {
        let pace = Pace::of_roles(&Arc::default());
        let start = Instant::now();
        let unheard = Duration::from_micros(7);
        for is_held in [true, false] {
            let mut watch = Stopwatch::started(pace.role(b"acme"), Arrival::at(start));
            let floor = watch.salt_after(&pace);
            let (after, past) = if is_held {
                (floor / 2, Duration::ZERO)
            } else {
                (floor * 2, floor)
            };
            watch.client_heard(Progress::Asked, start, &pace);
            watch.client_spoke(Arrival {
                heard: start,
                unheard,
            });
            watch.client_heard(Progress::Challenged, start + after, &pace);
            assert_eq!(watch.challenge, Some(after));
            assert_eq!(watch.past_floor, past + unheard);
        }
    }

    #[test]
    fn a_success_is_measured_up_to_its_verdict() {
        let pace = learnt(&[
            Server(2, Progress::Asked),
            Client(5),
            Server(6, Progress::Challenged),
            Client(10),
            Server(13, Progress::LetIn),
            End(9_000),
        ]);
        let times = pace.learnt().successes.iter().next().unwrap();
        assert_eq!(times.verdict, Duration::from_millis(3));
        assert_eq!(pace.learnt().doubtful.len(), 0);
    }

    #[test]
    fn an_answer_that_would_come_too_soon_is_held_back_and_that_is_not_learnt() {
        let pace = Pace::of_roles(&Arc::default());
        let nobody = pace.role(b"nobody\0acme");
        let (handicap, asked) = (pace.hold(nobody, Step::Greeting), Instant::now());
        assert!(handicap > Duration::ZERO);
        let mut watch = Stopwatch::started(nobody, Arrival::at(asked));
        watch.client_is_told();
        let told = watch.telling;
        assert_eq!(watch.due(Progress::Asked, &pace), Some(told + handicap));
        watch.was_held();
        let held = watch.held;
        assert_eq!(watch.telling, told + held);
        let now = Instant::now();
        watch.client_heard(Progress::Asked, now, &pace);
        assert_eq!(watch.greeting, now.duration_since(asked).checked_sub(held));
        let known = Stopwatch::started(pace.role(b"acme"), Arrival::at(asked));
        assert_eq!(known.due(Progress::Asked, &pace), Some(asked));
    }

    #[test]
    fn a_salt_is_due_so_long_after_it_was_asked_for_and_after_the_client_was_told_to_ask() {
        let pace = Pace::of_roles(&Arc::default());
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (asks, counts_from) in [(Some(30), 30), (Some(10), 20), (None, 20)] {
            let mut watch = Stopwatch::started(pace.role(b"acme"), Arrival::at(start));
            watch.client_heard(Progress::Asked, at(20), &pace);
            if let Some(millis) = asks {
                watch.client_spoke(Arrival::at(at(millis)));
            }
            let due = watch.due(Progress::Challenged, &pace);
            assert_eq!(due, Some(at(counts_from) + watch.salt_after(&pace)));
            assert_eq!(watch.due(Progress::LetIn, &pace), None);
        }
    }

    #[test]
    fn what_is_no_whole_exchange_teaches_nothing() {
        for events in [
            &[Server(2, Progress::Refused), End(3)][..],
            &[Server(2, Progress::LetIn)],
            &[
                Server(2, Progress::Asked),
                Server(3, Progress::Challenged),
                Client(4),
                Server(5, Progress::Refused),
                End(6),
            ],
            &[
                Server(2, Progress::Asked),
                Client(3),
                Client(4),
                Server(5, Progress::Challenged),
                Client(6),
                Server(9, Progress::Refused),
                End(10),
            ],
            &[
                Server(2, Progress::Asked),
                Client(3),
                Server(4, Progress::Refused),
                End(6),
            ],
        ] {
            let pace = learnt(events);
            assert_eq!(pace.learnt().doubtful.len(), 0);
            assert_eq!(pace.learnt().successes.len(), 0);
        }
    }
}

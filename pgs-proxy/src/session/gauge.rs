use super::SessionState;
use std::{
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// How far a session is and what it has moved, for whoever looks on. Written by the session's own task alone.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    to_backend: AtomicU64,
    to_client: AtomicU64,
    /// In microseconds, as far as they fit.
    login: AtomicU32,
    state: AtomicU8,
}

impl Gauge {
    pub(crate) fn moved(&self, to_backend: u64, to_client: u64) {
        self.to_backend.store(to_backend, Relaxed);
        self.to_client.store(to_client, Relaxed);
    }

    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.to_backend.load(Relaxed), self.to_client.load(Relaxed))
    }

    pub(crate) fn connected(&self) {
        self.state.store(LOGGING_IN, Relaxed);
    }

    /// Whether that is news.
    pub(crate) fn turned_down(&self) -> bool {
        self.state.swap(TURNED_DOWN, Relaxed) != TURNED_DOWN
    }

    /// Whether that is news.
    pub(crate) fn ready(&self, took: Duration) -> bool {
        let is_news = self.state.swap(READY, Relaxed) != READY;
        if is_news {
            let micros = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
            self.login.store(micros, Relaxed);
        }
        is_news
    }

    pub(crate) fn state(&self) -> SessionState {
        match self.state.load(Relaxed) {
            READY => SessionState::Ready,
            TURNED_DOWN => SessionState::TurnedDown,
            LOGGING_IN => SessionState::LoggingIn,
            _ => SessionState::Connecting,
        }
    }

    /// From the startup packet to `ReadyForQuery`; none where it did not come to that.
    pub(crate) fn login(&self) -> Option<Duration> {
        let is_ready = self.state() == SessionState::Ready;
        is_ready.then(|| Duration::from_micros(self.login.load(Relaxed).into()))
    }
}

const LOGGING_IN: u8 = 1;
const TURNED_DOWN: u8 = 2;
const READY: u8 = 3;

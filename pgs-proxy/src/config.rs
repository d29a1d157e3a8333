use crate::{BanPolicy, Disclosure, LoginLimits, MockSecret};
use std::time::Duration;

/// The limits and deadlines of a [`Proxy`](crate::Proxy).
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// How many threads of its own the proxy has. Each has its own event loop, and connections are shared out among them;
    /// that is faster than a runtime whose threads take work from each other. As many as there are processors make use of
    /// the whole machine. The router is asked on them, so it must not block, and tasks that it spawns end with the proxy. At most 1 024. 0: everything runs on the runtime that serves a listener. Default: 0.
    pub threads: usize,
    /// From accepting a connection to the end of its startup packet; no byte of the client extends it. Default: 10 s.
    pub handshake_timeout: Duration,
    /// For reaching a tenant's server. Default: 5 s.
    pub connect_timeout: Duration,
    /// From the startup packet to `ReadyForQuery`. PostgreSQL keeps the same time itself, so the proxy steps in only 5 s
    /// later. Default: 60 s.
    pub authentication_timeout: Duration,
    /// How long a client is held while its tenant's server is starting, and up to a tenth longer, so that those who came
    /// together are not sent away together. Default: 10 s.
    pub start_wait: Duration,
    /// How long sessions may go on after a shutdown was asked for. Default: 30 s.
    pub drain_grace: Duration,
    /// How long the servers then have to end the sessions that are left, before their sockets are closed. Default: 5 s.
    pub end_grace: Duration,
    /// How many sessions there may be at one time, whoever's; one more is told 53300. Default: 10 000.
    pub max_sessions: usize,
    /// How many connections may be without a startup packet at one time. One more makes the oldest of them give up its
    /// place if that has had it for a second, and waits in the listener's backlog otherwise. Default: 2 048.
    pub max_handshakes: usize,
    /// How many of them one address may have: an IPv4 address, or an IPv6 network of 64 bits. One more takes the place of
    /// the address's own oldest if that has had it for a second, and is closed otherwise. Default: 512.
    pub max_handshakes_per_address: usize,
    /// How many sessions one address may have; one more is told 53300. Default: no limit.
    pub max_sessions_per_address: Option<u32>,
    /// How many clients may be held at one time because their tenants are starting. Default: 2 000.
    pub max_waiting: usize,
    /// How many of them may be one tenant's; one more is told 53300. Default: 500.
    pub max_waiting_per_tenant: u32,
    /// How many sessions one tenant may have, where its route says nothing. Default: no limit.
    pub max_sessions_per_tenant: Option<u32>,
    /// Who may learn the true reason of a refusal. Default: peers on this machine.
    pub disclose: Disclosure,
    /// What the salts of names nobody has are made from. Give the same after a restart, else a changed salt tells that a
    /// tenant does not exist. Default: random.
    pub mock_secret: MockSecret,
    /// How often the router is asked whether the live sessions may go on. Default: 250 ms.
    pub revocation_tick: Duration,
    /// How long the tenant's server has to say goodbye to sessions that may not go on. Default: 500 ms.
    pub revocation_grace: Duration,
    /// The limits of cancel requests.
    pub cancel: CancelLimits,
    /// How many tenants are counted by name; all others are counted together. Default: 100.
    pub metrics_tenants: usize,
    /// When failed logins get an address turned away for a while.
    pub bans: BanPolicy,
    /// How many logins may be unfinished at one time.
    pub logins: LoginLimits,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            threads: 0,
            handshake_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            authentication_timeout: Duration::from_mins(1),
            start_wait: Duration::from_secs(10),
            drain_grace: Duration::from_secs(30),
            end_grace: Duration::from_secs(5),
            max_sessions: 10_000,
            max_handshakes: 2_048,
            max_handshakes_per_address: 512,
            max_sessions_per_address: None,
            max_waiting: 2_000,
            max_waiting_per_tenant: 500,
            max_sessions_per_tenant: None,
            disclose: Disclosure::default(),
            mock_secret: MockSecret::new(rand::random()),
            revocation_tick: Duration::from_millis(250),
            revocation_grace: Duration::from_millis(500),
            cancel: CancelLimits::default(),
            metrics_tenants: 100,
            bans: BanPolicy::default(),
            logins: LoginLimits::default(),
        }
    }
}

impl ProxyConfig {
    /// The same without times that are too long for a clock, and without more threads than any machine has processors.
    pub(crate) fn bounded(mut self) -> Self {
        self.threads = self.threads.min(MOST_THREADS);
        for duration in [
            &mut self.handshake_timeout,
            &mut self.connect_timeout,
            &mut self.authentication_timeout,
            &mut self.start_wait,
            &mut self.drain_grace,
            &mut self.end_grace,
            &mut self.revocation_tick,
            &mut self.revocation_grace,
            &mut self.cancel.timeout,
            &mut self.bans.window,
            &mut self.bans.first,
            &mut self.bans.longest,
            &mut self.logins.wait,
        ] {
            *duration = (*duration).min(FOR_EVER);
        }
        self
    }
}

const MOST_THREADS: usize = 1_024;
/// Ten years.
const FOR_EVER: Duration = Duration::from_hours(24 * 3650);

/// The limits of cancel requests, which anybody may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelLimits {
    /// How long a server may take over one. Default: 10 s.
    pub timeout: Duration,
    /// How many may be on their way at one time; more are dropped. Default: 64.
    pub max_forwards: usize,
}

impl Default for CancelLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_forwards: 64,
        }
    }
}

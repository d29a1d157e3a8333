use crate::{
    Counters, Helpers, ProxyConfig,
    address_block::AddressBlock,
    bans::Bans,
    cancel::CancelTable,
    limits::{Handshakes, Logins, Tally, WaitingRoom},
    log_allowance::LogAllowance,
    pace::Paces,
    salts::Salts,
    session::Sessions,
    tls::Turns,
    workers::Workers,
    wrong_password::WrongPassword,
};
use pgs_core::routing::Router;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// What all listeners of a proxy have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) workers: Workers,
    pub(crate) router: Arc<dyn Router>,
    pub(crate) config: ProxyConfig,
    pub(crate) helpers: Helpers,
    pub(crate) counters: Counters,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) cancels: Arc<CancelTable>,
    pub(crate) wrong_password: WrongPassword,
    pub(crate) paces: Paces,
    pub(crate) salts: Salts,
    pub(crate) bans: Bans,
    pub(crate) session_permits: Arc<Semaphore>,
    pub(crate) sessions_by_address: Arc<Tally<AddressBlock>>,
    pub(crate) handshakes: Arc<Handshakes>,
    pub(crate) logins: Logins,
    pub(crate) waiting_room: WaitingRoom,
    pub(crate) cancel_permits: Semaphore,
    /// For keys that no session here has, which anybody can make up.
    pub(crate) foreign_cancel_permits: Semaphore,
    pub(crate) tls_turns: Turns,
    pub(crate) log_allowance: LogAllowance,
    /// Cancelled when no drain may take any longer.
    pub(crate) hurry: CancellationToken,
}

impl Shared {
    pub(crate) fn new(router: Arc<dyn Router>, config: ProxyConfig, helpers: Helpers) -> Self {
        let config = config.bounded();
        Self {
            workers: Workers::start(config.threads),
            router,
            helpers,
            counters: Counters::new(config.metrics_tenants),
            sessions: Arc::default(),
            cancels: Arc::default(),
            wrong_password: WrongPassword::default(),
            paces: Paces::default(),
            salts: Salts::default(),
            bans: Bans::new(config.bans),
            session_permits: Arc::new(permits(config.max_sessions)),
            sessions_by_address: Arc::default(),
            handshakes: Arc::new(Handshakes::new(
                config.max_handshakes,
                config.max_handshakes_per_address,
            )),
            logins: Logins::new(config.logins, config.max_sessions),
            waiting_room: WaitingRoom::new(config.max_waiting, config.max_waiting_per_tenant),
            cancel_permits: permits(config.cancel.max_forwards),
            foreign_cancel_permits: permits(config.cancel.max_forwards),
            tls_turns: Turns::default(),
            log_allowance: LogAllowance::new(),
            hurry: CancellationToken::new(),
            config,
        }
    }
}

fn permits(count: usize) -> Semaphore {
    Semaphore::new(count.min(Semaphore::MAX_PERMITS))
}

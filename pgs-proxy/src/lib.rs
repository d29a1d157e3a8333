//! The async router of pgs: one port in front of every tenant's PostgreSQL server.
//!
//! A [`Proxy`] accepts connections, drives the handshake of `pgs-core`, asks a
//! [`Router`](pgs_core::routing::Router) where each session belongs, and from then on moves bytes: a session through it
//! cannot be told from a direct one. It knows no provisioner and no catalogue, holds no password, and reads no
//! PostgreSQL message behind the first `ReadyForQuery`.
//!
//! ```no_run
//! use pgs_core::routing::Router;
//! use pgs_proxy::{ListenerPolicy, Proxy, ProxyConfig, bind};
//! use std::{future::Future, sync::Arc};
//!
//! async fn serve(router: Arc<dyn Router>, ctrl_c: impl Future<Output = ()>) -> std::io::Result<()> {
//!     let proxy = Proxy::new(router, ProxyConfig::default());
//!     let listener = bind("127.0.0.1:5432".parse().unwrap())?;
//!     let report = proxy.run(listener, ListenerPolicy::default(), ctrl_c).await;
//!     println!("{} sessions ended by themselves, {} had to be cut", report.drained, report.cut);
//!     Ok(())
//! }
//! ```

mod proxy;
pub use proxy::Proxy;
mod config;
pub use config::{CancelLimits, ProxyConfig};
mod disclosure;
pub use disclosure::Disclosure;
mod helpers;
pub use helpers::{CancelPeers, Helpers, SessionEnder};
mod drain_report;
pub use drain_report::DrainReport;
mod counters;
pub use counters::{Counters, Snapshot};
mod address_block;
mod log_allowance;
mod metering;
pub use metering::{Distribution, TenantSnapshot};
pub use pgs_core::handshake::mock_scram::MockSecret;
pub use session::{SessionInfo, SessionState};

mod tls;
pub use tls::{
    ClientAuth, ClientCertificates, KeyPair, Reload, TlsPolicy, TlsServer, TlsSettings, TlsVersion,
};
mod bans;
pub use bans::{Ban, BanPolicy};
mod salts;
pub use salts::{KnownSalt, KnownServer};
mod listener;
pub use listener::{
    Listener, ListenerPolicy, PeerAddress, SocketFiles, TrustedProxies, UnixAddress, bind,
    bind_unix,
};
mod accepting;
mod crew;
mod limits;
pub use limits::LoginLimits;
mod shared;

mod attempt;
mod cancel;
mod opening;
mod relay;
mod session;

mod access_log;
mod arrival;
mod buffer;
mod pace;
mod printable;
mod socket;
mod stream;
mod table_sizes;
mod unix_leg;
mod workers;
mod wrong_password;

//! One port, one `PostgreSQL` server per tenant: the library.
//!
//! Every tenant gets a server of its own (process, memory, data directory), made on demand, and all of them stand behind
//! one port: a client connects as user `<tenant>`, the proxy finds the tenant's server, checks that access is enabled, and
//! relays. Any number of processes may open the same state directory; they see the same tenants.
//!
//! ```no_run
//! use pgs::{Access, TenantSpec};
//!
//! # async fn example() -> pgs::Result<()> {
//! let pgs = pgs::open("./state").await?;
//! let created = pgs.create("acme".parse()?, TenantSpec::default()).await?;
//! pgs.set_access(&created.id, Access::Enabled).await?;
//! let proxy = pgs::Proxy::builder(&pgs).listen("127.0.0.1:5432").start().await?;
//! println!("{} password {}", pgs.url(&created.id, proxy.address()), created.password.reveal());
//! # Ok(())
//! # }
//! ```

mod activation;
mod bans_section;
mod config;
mod docker_section;
mod ephemeral;
mod finish;
mod follow;
mod handle;
pub mod import;
mod listen_address;
mod listener_keys;
mod listener_section;
mod listening;
mod logins_section;
mod look;
mod observe;
mod opened;
mod private_folder;
mod provisioners;
mod proxy;
mod proxy_builder;
mod proxy_salts;
mod proxy_secret;
mod seconds;
mod self_signed;
mod session_ender;
mod socket_mode;
pub mod status;
mod supervisor;
mod system_clock;
mod takeover;
mod tls_section;
mod url;

pub use bans_section::BansSection;
pub use config::{AccessLog, Config, LocalSection, ProvisionerKind, RestartSection, ServeSection};
pub use docker_section::{DockerSection, TransportKind};
pub use ephemeral::{Ephemeral, ephemeral, ephemeral_with};
pub use follow::Follow;
pub use handle::{Pgs, open};
pub use listen_address::ListenAddress;
pub use listener_keys::ListenerKey;
pub use listener_section::ListenerSection;
pub use logins_section::LoginsSection;
pub use look::Sight;
pub use proxy::Proxy;
pub use proxy_builder::ProxyBuilder;
pub use self_signed::{SelfSigned, self_signed};
pub use socket_mode::SocketMode;
pub use supervisor::Supervisor;
pub use system_clock::SystemClock;
pub use tls_section::{ClientCertMode, OldestTls, PairSection, TlsMode, TlsSection};
pub use url::{connection_url, connection_url_with_password};

pub use pgs_core::{
    Access, ByteSize, Change, Cpus, Created, Desired, Endpoint, Error, ErrorKind, InitScript,
    InstanceSpec, Lifecycle, Limits, Network, NetworkRules, NetworksChange, Password, PgMajor,
    Privilege, Result, ScriptRole, Setting, SettingName, SpecChange, TenantId, TenantManager,
    TenantRecord, TenantSpec, TenantUid, Timestamp, catalog, manager, provision, routing,
};
pub use pgs_docker as docker;
pub use pgs_local as local;
pub use pgs_proxy::{
    Ban, BanPolicy, CancelLimits, ClientAuth, ClientCertificates, Counters, Disclosure,
    DrainReport, KeyPair, ListenerPolicy, PeerAddress, ProxyConfig, Reload, SessionInfo,
    SessionState, TlsPolicy, TlsServer, TlsSettings, TlsVersion, TrustedProxies, UnixAddress,
};

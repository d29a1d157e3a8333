use super::lease::{Lease, once};
use pgs::{Access, Config, Disclosure, Pgs, Proxy, TenantId, TenantSpec};
use pgs_proxy::ProxyConfig;
use std::{
    future::Future,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};
use testkit::{RawClient, ReferenceServer, conformance::world::ROLES, within};
use tokio::runtime::Runtime;

/// A state directory with tenants, two proxies in front of them, and a real server to compare with.
///
/// The tests that run at one time share one, even between processes, except that each process has its own proxies; it is
/// taken down when none of them needs it any more. Its parts are made when they are first asked for.
#[derive(Debug)]
pub(crate) struct Stage {
    pgs: Pgs,
    /// Tells clients on this machine why they are refused.
    frank: Proxy,
    /// Tells nobody.
    secretive: Proxy,
    reference: OnceLock<ReferenceServer>,
    runtime: Runtime,
    lease: Lease,
}

pub(crate) use testkit::conformance::world::password;

impl Stage {
    /// The one that the tests share.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let stage = Arc::new(Self::set(""));
            *shared = Arc::downgrade(&stage);
            stage
        })
    }

    /// One whose tenants' servers are of more than one version, which strangers hear from names that nobody has. Shared with
    /// nobody in this process.
    pub(crate) fn mixed() -> Arc<Self> {
        Arc::new(Self::set("m"))
    }

    fn set(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        for abandoned in Lease::abandoned() {
            abandoned.give_back(|directory| take_down(directory, &runtime));
        }
        let lease = Lease::take(name);
        let (pgs, frank, secretive) = runtime.block_on(async {
            let pgs = Pgs::open(&config(lease.directory())).await.unwrap();
            let frank = proxy(&pgs, ProxyConfig::default()).await;
            let secret = ProxyConfig {
                disclose: Disclosure::Never,
                ..ProxyConfig::default()
            };
            let secretive = proxy(&pgs, secret).await;
            (pgs, frank, secretive)
        });
        Self {
            pgs,
            frank,
            secretive,
            reference: OnceLock::new(),
            runtime,
            lease,
        }
    }

    pub(crate) fn pgs(&self) -> &Pgs {
        &self.pgs
    }

    /// Does asynchronous work, in time.
    pub(crate) fn run<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(within(what, work))
    }

    /// A running tenant that lets clients in.
    pub(crate) fn tenant(&self, name: &str) -> TenantId {
        self.tenant_with(name, |spec| spec.access = Access::Enabled)
    }

    /// A running tenant that lets nobody in.
    pub(crate) fn disabled_tenant(&self, name: &str) -> TenantId {
        self.tenant_with(name, |_| {})
    }

    /// A tenant that would let clients in if its server ran.
    pub(crate) fn stopped_tenant(&self, name: &str) -> TenantId {
        let id = self.tenant(name);
        self.run("stop a tenant", self.pgs.stop(&id)).unwrap();
        id
    }

    /// A tenant that differs from the default as `adapt` says; made once, whoever asks.
    pub(crate) fn tenant_with(&self, name: &str, adapt: impl FnOnce(&mut TenantSpec)) -> TenantId {
        let id: TenantId = name.parse().unwrap();
        once(self.lease.directory(), name, || {
            let mut spec = TenantSpec::default();
            spec.password = Some(password(name).parse().unwrap());
            // Many tests at one time.
            spec.instance
                .settings
                .push("max_connections=400".parse().unwrap());
            adapt(&mut spec);
            let create = self.pgs.create(id.clone(), spec);
            self.run("create a tenant", create).unwrap();
        });
        id
    }

    /// Where the proxy listens that tells why it refuses.
    pub(crate) fn address(&self) -> SocketAddr {
        self.frank.address()
    }

    /// A connection to the proxy that tells why it refuses.
    pub(crate) fn frank(&self) -> RawClient {
        RawClient::tcp(self.address())
    }

    /// A connection to the proxy that tells nobody anything.
    pub(crate) fn secretive(&self) -> RawClient {
        RawClient::tcp(self.secretive.address())
    }

    /// A connection to the real server.
    pub(crate) fn direct(&self) -> RawClient {
        self.reference().connect()
    }

    /// The real server: its roles are those of the tenants that the tests compare it with.
    pub(crate) fn reference(&self) -> &ReferenceServer {
        self.reference.get_or_init(|| {
            let directory = self.lease.directory().join(REFERENCE);
            once(self.lease.directory(), REFERENCE, || {
                let passwords = ROLES.map(|name| (name, password(name)));
                let roles = passwords
                    .each_ref()
                    .map(|(name, password)| (*name, password.as_str()));
                std::fs::create_dir(&directory).unwrap();
                ReferenceServer::leave_running(&directory, 18, &roles);
            });
            ReferenceServer::found_in(&directory).unwrap()
        })
    }

    /// One more proxy, with limits of its own.
    pub(crate) fn proxy_with(&self, limits: ProxyConfig) -> Proxy {
        self.run("start a proxy", proxy(&self.pgs, limits))
    }
}

async fn proxy(pgs: &Pgs, limits: ProxyConfig) -> Proxy {
    let builder = Proxy::builder(pgs).listen("127.0.0.1:0").limits(limits);
    builder.start().await.unwrap()
}

/// No server outlives its tests.
impl Drop for Stage {
    fn drop(&mut self) {
        self.lease
            .give_back(|directory| take_down(directory, &self.runtime));
    }
}

fn take_down(directory: &Path, runtime: &Runtime) {
    if let Some(reference) = ReferenceServer::found_in(&directory.join(REFERENCE)) {
        reference.stop();
    }
    let purged = runtime.block_on(async {
        let pgs = Pgs::open(&config(directory)).await?;
        for record in pgs.list().await? {
            pgs.purge_uid(record.uid).await?;
        }
        Ok::<(), pgs::Error>(())
    });
    if let Err(error) = purged {
        assert!(std::thread::panicking(), "{}", error.chain());
    }
}

fn config(directory: &Path) -> Config {
    let mut config = Config::default();
    config.state_dir = Some(directory.join("state"));
    for major in [15, 18] {
        if let Ok(bindir) = testkit::postgresql::find(major) {
            config.local.bindir.insert(major.to_string(), bindir);
        }
    }
    config
}

const REFERENCE: &str = "reference";

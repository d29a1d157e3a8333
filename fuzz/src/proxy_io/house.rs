use super::{
    backend::backend,
    client::client,
    outcome::TENANT,
    script::{Script, Server},
};
use async_trait::async_trait;
use pgs_core::{
    Endpoint, TenantUid, Timestamp,
    routing::{Refusal, Route, RouteRequest, Router},
};
use pgs_proxy::{Disclosure, ListenerPolicy, Proxy, ProxyConfig};
use std::{
    cell::RefCell,
    future::pending,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::UnixListener,
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};

/// Two proxies on one thread whose clock runs only while nobody has anything to do.
#[derive(Debug)]
pub(super) struct House {
    runtime: Runtime,
    frank: Door,
    secretive: Door,
    backend: UnixListener,
    router: Arc<OneTenant>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Door {
    proxy: Proxy,
    path: PathBuf,
}

/// What the two ends of a connection got.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) by_client: Vec<u8>,
    /// None if no connection came.
    pub(super) by_backend: Option<Vec<u8>>,
}

impl House {
    /// The thread's own house.
    pub(super) fn with(visit: impl FnOnce(&Self)) {
        thread_local! {
            static HOUSE: RefCell<Option<House>> = const { RefCell::new(None) };
        }
        HOUSE.with_borrow_mut(|house| visit(house.get_or_insert_with(Self::build)));
    }

    fn build() -> Self {
        note_panics();
        let (Ok(folder), Ok(runtime)) = (
            tempfile::tempdir(),
            Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build(),
        ) else {
            unreachable!("no folder or no runtime");
        };
        let backend = folder.path().join("backend");
        let router = Arc::new(OneTenant {
            server: Endpoint::Unix(backend.clone()),
            is_absent: AtomicBool::new(false),
        });
        let door = |name: &str, disclose| {
            let config = ProxyConfig {
                disclose,
                // Longer than any script's time, so that only ends end a connection.
                handshake_timeout: Duration::from_hours(1),
                // Nobody is revoked here, and every tick costs a turn of the runtime.
                revocation_tick: Duration::from_hours(1),
                ..ProxyConfig::default()
            };
            let proxy = Proxy::new(Arc::clone(&router) as _, config);
            Door::open(&runtime, proxy, folder.path().join(name))
        };
        let inside = runtime.enter();
        let backend = listen(&backend);
        drop(inside);
        Self {
            frank: door("frank", Disclosure::Always),
            secretive: door("secretive", Disclosure::Never),
            backend,
            router,
            runtime,
            _folder: folder,
        }
    }

    pub(super) fn play(&self, script: &Script<'_>) -> Seen {
        self.runtime.block_on(async {
            let path = if script.is_frank {
                &self.frank.path
            } else {
                &self.secretive.path
            };
            let is_absent = script.server == Server::Absent;
            self.router.is_absent.store(is_absent, Ordering::SeqCst);
            let (by_client, by_backend) = tokio::join!(
                client(path, script),
                timeout(LONGEST_SCRIPT, backend(&self.backend, script)),
            );
            sleep(LONGEST_END).await;
            Seen {
                by_client,
                by_backend: by_backend.ok(),
            }
        })
    }

    pub(super) fn assert_empty(&self) {
        assert!(
            !PANICKED.load(Ordering::SeqCst),
            "a task of the proxy panicked"
        );
        for door in [&self.frank, &self.secretive] {
            assert_eq!(door.proxy.counters().snapshot().live_sessions, 0);
        }
    }
}

impl Door {
    fn open(runtime: &Runtime, proxy: Proxy, path: PathBuf) -> Self {
        let _inside = runtime.enter();
        let listener = listen(&path);
        let serving = proxy.clone();
        runtime.spawn(async move {
            serving
                .run(listener, ListenerPolicy::default(), pending())
                .await
        });
        Self { proxy, path }
    }
}

/// Lets everybody who has something to do do it.
pub(super) async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

fn listen(path: &Path) -> UnixListener {
    let Ok(listener) = UnixListener::bind(path) else {
        unreachable!("cannot listen on {}", path.display());
    };
    listener
}

/// The runtime swallows the panics of its tasks.
fn note_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICKED.store(true, Ordering::SeqCst);
        usual(panic);
    }));
}

static PANICKED: AtomicBool = AtomicBool::new(false);

/// A server that nobody came to by then was not connected to.
const LONGEST_SCRIPT: Duration = Duration::from_secs(5);
/// A client has two seconds to close after its server did; a refusal lingers for less.
const LONGEST_END: Duration = Duration::from_secs(4);

#[derive(Debug)]
struct OneTenant {
    server: Endpoint,
    is_absent: AtomicBool,
}

impl OneTenant {
    fn endpoint(&self) -> Endpoint {
        if self.is_absent.load(Ordering::SeqCst) {
            Endpoint::Unix("nobody listens here".into())
        } else {
            self.server.clone()
        }
    }
}

#[async_trait]
impl Router for OneTenant {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        let id = match std::str::from_utf8(TENANT).map(str::parse) {
            Ok(Ok(id)) if request.user == TENANT => id,
            _ => return Err(Refusal::UnknownTenant),
        };
        let uid = TenantUid::new(Timestamp::from_millis(0));
        Ok(Route::new(uid, id, self.endpoint()))
    }

    async fn admits(&self, _: TenantUid) -> bool {
        true
    }
}

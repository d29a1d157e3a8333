//! What happens when the process may open no more files: a limit of the whole process, so a test of its own.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it")]

use async_trait::async_trait;
use pgs_core::{
    TenantUid,
    routing::{Refusal, Route, RouteRequest, Router},
};
use pgs_proxy::{ListenerPolicy, Proxy, ProxyConfig, bind};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    fs::File,
    io::Write,
    net::{SocketAddr, TcpStream},
    os::fd::AsRawFd,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{io::AsyncReadExt, time::timeout};

/// Nothing of this many connections was accepted yet when the limit is reached.
const CLIENTS: usize = 40;
/// As many as the proxy can accept before the limit.
const DESCRIPTORS: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_are_served_as_soon_as_silent_ones_make_room() {
    let log = Log::begin();
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let silent: Vec<_> = (1..CLIENTS).map(|_| connect(address)).collect();
    let mut last = connect(address);
    last.write_all(&startup()).unwrap();
    let _fillers = leave_room_for(DESCRIPTORS);

    let proxy = Proxy::new(Arc::new(Nobody), ProxyConfig::default());
    let serving = proxy.clone();
    tokio::spawn(async move {
        let forever = std::future::pending();
        serving
            .run(listener, ListenerPolicy::default(), forever)
            .await
    });
    let told = timeout(Duration::from_mins(1), told(last)).await;
    let told = told.expect("the last one is served");
    assert!(told.contains("no tenant is named"), "{told}");

    // The silent ones are all still there; each of the oldest was ended for a newer one.
    let evicted = proxy.counters().snapshot().handshakes_evicted;
    assert!(evicted >= CLIENTS as u64 - DESCRIPTORS, "{evicted}");
    assert_eq!(log.count("no connection can be accepted"), 1);
    drop(silent);
}

fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

async fn told(client: TcpStream) -> String {
    client.set_nonblocking(true).unwrap();
    let mut client = tokio::net::TcpStream::from_std(client).unwrap();
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).await.unwrap();
    bytes.escape_ascii().to_string()
}

fn startup() -> Vec<u8> {
    b"\0\0\0\x15\0\x03\0\0user\0nobody\0\0".to_vec()
}

/// Descriptors are given out from the lowest free number on, so the gaps below are filled first.
fn leave_room_for(more: u64) -> Vec<File> {
    let highest = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok())
        .max()
        .unwrap();
    let files = (0..=highest).map(|_| File::open("/dev/null").unwrap());
    let fillers = files
        .take_while(|file| u64::try_from(file.as_raw_fd()).unwrap() <= highest)
        .collect();
    let limit = Rlimit {
        current: Some(highest + more),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    fillers
}

#[derive(Debug)]
struct Nobody;

#[async_trait]
impl Router for Nobody {
    async fn route(&self, _: &RouteRequest<'_>) -> Result<Route, Refusal> {
        Err(Refusal::UnknownTenant)
    }

    async fn admits(&self, _: TenantUid) -> bool {
        false
    }
}

/// What the proxy logs.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin() -> Self {
        let log = Self::default();
        let written = log.clone();
        tracing_subscriber::fmt()
            .with_writer(move || written.clone())
            .init();
        log
    }

    fn count(&self, text: &str) -> usize {
        let written = self.0.lock().unwrap();
        String::from_utf8_lossy(&written).matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

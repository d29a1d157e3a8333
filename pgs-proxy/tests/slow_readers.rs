//! What clients that do not read cost: memory of the whole process is measured, so this is a test of its own.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it")]

use async_trait::async_trait;
use pgs_core::{
    Endpoint, TenantUid, Timestamp,
    routing::{Refusal, Route, RouteRequest, Router},
};
use pgs_proxy::{ListenerPolicy, Proxy, ProxyConfig, bind};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::sleep,
};

const READERS: usize = 100;
const RESULT: usize = 64 << 20;
/// Far more than two buffers and a task take, far less than what the server wants to send.
const MEMORY_OF_EACH: usize = 64 << 10;

/// The clock is simulated: an hour is over as soon as nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_costs_two_buffers_and_stops_its_server() {
    let server = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = serve(server.local_addr().unwrap());
    let before = resident();
    let mut servers = JoinSet::new();
    let mut clients = Vec::new();
    for _ in 0..READERS {
        clients.push(ask(address).await);
        servers.spawn(answer(server.accept().await.unwrap().0));
    }
    sleep(Duration::from_hours(1)).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < READERS * MEMORY_OF_EACH, "{grown} bytes");
    assert!(
        servers.try_join_next().is_none(),
        "a server could send everything"
    );

    // Nothing is lost on one that begins to read after all.
    let mut late = clients.pop().unwrap();
    drop(clients);
    let mut read = 0;
    let mut space = vec![0; 1 << 16];
    while read < GREETING.len() + RESULT {
        let size = late.read(&mut space).await.unwrap();
        assert!(size > 0, "it ended after {read} bytes");
        read += size;
    }
}

fn serve(server: SocketAddr) -> SocketAddr {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Proxy::new(Arc::new(OneWay(server)), ProxyConfig::default());
    tokio::spawn(async move {
        let forever = std::future::pending();
        proxy
            .run(listener, ListenerPolicy::default(), forever)
            .await
    });
    address
}

async fn ask(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = socket.connect(address).await.unwrap();
    client
        .write_all(b"\0\0\0\x13\0\x03\0\0user\0acme\0\0")
        .await
        .unwrap();
    client
}

async fn answer(mut client: TcpStream) -> TcpStream {
    let sent = async {
        client.write_all(GREETING).await?;
        for _ in 0..RESULT / BLOCK.len() {
            client.write_all(&BLOCK).await?;
        }
        std::io::Result::Ok(())
    };
    // Fails when the client is gone before it has read everything.
    let _ = sent.await;
    client
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

#[derive(Debug)]
struct OneWay(SocketAddr);

#[async_trait]
impl Router for OneWay {
    async fn route(&self, _: &RouteRequest<'_>) -> Result<Route, Refusal> {
        let uid = TenantUid::new(Timestamp::from_millis(1_700_000_000_000));
        Ok(Route::new(
            uid,
            "acme".parse().unwrap(),
            Endpoint::Tcp(self.0),
        ))
    }

    async fn admits(&self, _: TenantUid) -> bool {
        true
    }
}

static BLOCK: [u8; 1 << 20] = [b'x'; 1 << 20];
/// Let in, and ready for queries.
const GREETING: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

use crate::support::{Backend, Client, Gateway, Session, eager, startup};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    hash::{DefaultHasher, Hasher},
    net::SocketAddr,
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinSet,
};

const SESSIONS: u64 = 500;
const BYTES: usize = 64 * 1024;

/// Sends random bytes in random portions; their checksum.
async fn talk(seed: u64, sink: &mut (impl AsyncWrite + Unpin)) -> u64 {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut bytes = vec![0; BYTES];
    random.fill(&mut bytes[..]);
    let mut left = &bytes[..];
    while !left.is_empty() {
        let size = random.random_range(1..=left.len().min(30_000));
        sink.write_all(&left[..size]).await.unwrap();
        left = &left[size..];
    }
    checksum(&bytes)
}

async fn listen(mut source: impl AsyncRead + Unpin) -> u64 {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).await.unwrap();
    checksum(&bytes)
}

/// Like `PostgreSQL`, a server goes on until the client has ended.
async fn serve(session: Session) -> (u64, u64) {
    let (mut source, mut sink) = tokio::io::split(session.0);
    let mut packet = vec![0; startup("acme").len()];
    source.read_exact(&mut packet).await.unwrap();
    let seed = source.read_u64().await.unwrap();
    tokio::join!(listen(source), talk(seed, &mut sink))
}

async fn visit(address: SocketAddr, number: u64) -> (u64, u64) {
    let mut client = Client::connect(address).await;
    client.send(&startup("acme")).await;
    client.send(&number.to_be_bytes()).await;
    let (source, mut sink) = client.0.into_split();
    let talk = async {
        let said = talk(number << 32, &mut sink).await;
        sink.shutdown().await.unwrap();
        said
    };
    tokio::join!(talk, listen(source))
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sessions_at_once_move_every_byte() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let backend = Arc::new(backend);
    let mut servers = JoinSet::new();
    let mut clients = JoinSet::new();
    for number in 0..SESSIONS {
        let backend: Arc<Backend> = Arc::clone(&backend);
        servers.spawn(async move { serve(backend.accept().await).await });
        clients.spawn(visit(gateway.address, number));
    }
    let mut seen_by_servers = servers.join_all().await;
    let mut seen_by_clients = clients.join_all().await;
    seen_by_servers.sort_unstable();
    seen_by_clients.sort_unstable();
    assert_eq!(seen_by_servers, seen_by_clients);
}

//! Much at one time, in both directions of many sessions.

use crate::support::{Client, Gateway, Session, Tls, eager};
use pgs_proxy::{ProxyConfig, TlsPolicy};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinSet,
};

const SESSIONS: usize = 64;
/// Each way of each session; well more than what makes a direction's bytes stay within the kernel.
const BYTES: usize = 4 << 20;

/// Sends this party's bytes in portions of any size.
async fn talk(seed: u64, sink: &mut (impl AsyncWrite + Unpin)) {
    let (bytes, mut random) = (bytes(seed), SmallRng::seed_from_u64(!seed));
    let mut left = &bytes[..];
    while !left.is_empty() {
        let size = random.random_range(1..=left.len().min(150_000));
        sink.write_all(&left[..size]).await.unwrap();
        left = &left[size..];
    }
}

/// Whether the other party's bytes came, all of them and nothing else.
async fn listen(seed: u64, mut source: impl AsyncRead + Unpin) -> bool {
    let mut heard = Vec::with_capacity(BYTES);
    source.read_to_end(&mut heard).await.unwrap();
    heard == bytes(seed)
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; BYTES];
    SmallRng::seed_from_u64(seed).fill(&mut bytes[..]);
    bytes
}

async fn visit(stream: impl AsyncRead + AsyncWrite, own: u64, theirs: u64) -> bool {
    let (source, mut sink) = tokio::io::split(stream);
    let talk = async {
        talk(own, &mut sink).await;
        sink.shutdown().await.unwrap();
    };
    tokio::join!(talk, listen(theirs, source)).1
}

/// Like `PostgreSQL`, a server goes on until the client has ended.
async fn serve(stream: impl AsyncRead + AsyncWrite, own: u64, theirs: u64) -> bool {
    let (source, mut sink) = tokio::io::split(stream);
    tokio::join!(talk(own, &mut sink), listen(theirs, source)).1
}

async fn all_arrive<S>(sessions: Vec<(Client<S>, Session)>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut parties = JoinSet::new();
    for (number, (client, session)) in (0_u64..).zip(sessions) {
        let (ours, theirs) = (2 * number, 2 * number + 1);
        parties.spawn(visit(client.0, ours, theirs));
        parties.spawn(serve(session.0, theirs, ours));
    }
    while let Some(arrived) = parties.join_next().await {
        assert!(arrived.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_sessions_lose_nothing() {
    for threads in [0, 2] {
        let config = ProxyConfig { threads, ..eager() };
        let (gateway, backend, _) = Gateway::with_tenant(config);
        let mut sessions = Vec::new();
        for _ in 0..SESSIONS {
            sessions.push(gateway.session(&backend).await);
        }
        all_arrive(sessions).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_tls_lose_nothing() {
    let tls = Tls::localhost();
    let config = ProxyConfig {
        threads: 2,
        ..eager()
    };
    let (gateway, backend) = Gateway::with_tls_and(config, TlsPolicy::Require(tls.server()));
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS / 8 {
        let mut client = tls.direct(&gateway).await;
        let session = client.log_in(&backend).await;
        sessions.push((client, session));
    }
    all_arrive(sessions).await;
}

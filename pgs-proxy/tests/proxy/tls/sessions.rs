use crate::support::{Gateway, Tls, eager, soon};
use pgs_proxy::{ProxyConfig, TlsPolicy};
use rustls::version::{TLS12, TLS13};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn pattern(size: usize) -> Vec<u8> {
    (0..size)
        .map(|i| u8::try_from(i / 7 % 251).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_goes_both_ways_at_one_time() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let sent = pattern(24 << 20);
    for version in [&TLS12, &TLS13] {
        let config = tls.config_with(&[version], None);
        let safe = Tls::negotiated_with(&gateway, config, "localhost").await;
        let mut safe = safe.unwrap();
        let session = safe.log_in(&backend).await;
        let (mut up_out, mut up_in) = tokio::io::split(safe.0);
        let (mut down_out, mut down_in) = tokio::io::split(session.0);
        let bytes = sent.clone();
        let up = tokio::spawn(async move {
            up_in.write_all(&bytes).await?;
            // TLS holds back what the socket did not take at once.
            up_in.flush().await.and(Ok(up_in))
        });
        let bytes = sent.clone();
        let down = tokio::spawn(async move { down_in.write_all(&bytes).await.and(Ok(down_in)) });
        let size = sent.len();
        let at_server = tokio::spawn(async move {
            let mut read = vec![0; size];
            down_out
                .read_exact(&mut read)
                .await
                .map(|_| (read, down_out))
        });
        let mut at_client = vec![0; size];
        soon(up_out.read_exact(&mut at_client)).await.unwrap();
        assert!(at_client == sent);
        let (at_server, _half) = soon(at_server).await.unwrap().unwrap();
        assert!(at_server == sent);
        let _halves = (up.await.unwrap().unwrap(), down.await.unwrap().unwrap());
    }
}

#[tokio::test]
async fn every_small_answer_arrives_before_the_next_question() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let mut session = safe.log_in(&backend).await;
    for round in 0..500_u32 {
        let question = round.to_be_bytes();
        safe.send(&question).await;
        session.expect(&question).await;
        let answer = pattern(round as usize * 37);
        session.send(&answer).await;
        safe.expect(&answer).await;
    }
}

/// The first read takes one record's worth out of rustls, which has decrypted more: no readiness of the socket will tell.
#[tokio::test]
async fn what_is_decrypted_already_is_not_forgotten() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let mut session = safe.log_in(&backend).await;
    for size in [1, 16_384, 16_385, 40_000, 200_000] {
        let sent = pattern(size);
        safe.send(&sent).await;
        session.expect(&sent).await;
    }
}

#[tokio::test]
async fn a_client_that_has_finished_still_gets_its_answer() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for version in [&TLS12, &TLS13] {
        let config = tls.config_with(&[version], None);
        let safe = Tls::negotiated_with(&gateway, config, "localhost").await;
        let mut safe = safe.unwrap();
        let mut session = safe.log_in(&backend).await;
        safe.send(b"query").await;
        safe.finish().await;
        assert_eq!(session.rest().await, b"query");
        let answer = pattern(1 << 20);
        session.send(&answer).await;
        drop(session);
        assert!(safe.rest().await == answer);
    }
}

#[tokio::test]
async fn a_client_that_ends_without_a_word_has_ended() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let mut session = safe.log_in(&backend).await;
    safe.send(b"query").await;
    let (socket, _) = safe.0.get_mut();
    socket.shutdown().await.unwrap();
    assert_eq!(session.rest().await, b"query");
    session.send(b"answer").await;
    drop(session);
    assert_eq!(safe.rest().await, b"answer");
}

#[tokio::test]
async fn a_client_that_reads_slowly_holds_up_its_server_and_loses_nothing() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let session = safe.log_in(&backend).await;
    let sent = pattern(16 << 20);
    let bytes = sent.clone();
    let mut socket = session.0;
    let flood = tokio::spawn(async move { socket.write_all(&bytes).await });
    // Whoever buffers without bound lets the server finish.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert!(!flood.is_finished());
    assert!(safe.rest().await == sent);
    soon(flood).await.unwrap().unwrap();
}

#[tokio::test]
async fn however_a_session_ends_its_client_is_told_in_order() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut ended = tls.negotiated(&gateway).await;
    let session = ended.log_in(&backend).await;
    drop(session);
    // Without close_notify this would be an unexpected end.
    assert_eq!(ended.rest().await, b"");

    let mut silent = tls.negotiated(&gateway).await;
    silent.send(b"\0\0\0\x07").await;
    assert_eq!(silent.rest().await, b"");

    let mut shut_down = tls.negotiated(&gateway).await;
    let _session = shut_down.log_in(&backend).await;
    gateway.drop_future().await;
    assert_eq!(shut_down.rest().await, b"");
}

#[tokio::test]
async fn a_client_that_breaks_off_takes_its_servers_connection_with_it() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let mut session = safe.log_in(&backend).await;
    safe.0.get_ref().0.set_zero_linger().unwrap();
    drop(safe);
    let end = soon(session.0.read(&mut [0; 8])).await;
    assert!(
        matches!(end, Ok(0)) || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
}

#[tokio::test]
async fn a_broken_record_ends_the_session() {
    let tls = Tls::localhost();
    let (gateway, backend) =
        Gateway::with_tls_and(ProxyConfig { ..eager() }, TlsPolicy::Allow(tls.server()));
    let mut safe = tls.negotiated(&gateway).await;
    let mut session = safe.log_in(&backend).await;
    let (socket, _) = safe.0.get_mut();
    socket
        .write_all(b"\x17\x03\x03\0\x20 this was never encrypted so it..")
        .await
        .unwrap();
    assert_eq!(session.rest().await, b"");
    let mut rest = Vec::new();
    assert!(soon(safe.0.read_to_end(&mut rest)).await.is_err());
    assert_eq!(rest, b"");
}

use crate::support::{Backend, Gateway, eager, login, startup};
use pgs_proxy::ProxyConfig;
use std::{io::ErrorKind, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_client_that_has_finished_still_gets_its_answer() {
    for backend in [Backend::unix(), Backend::tcp()] {
        let gateway = Gateway::open(eager());
        gateway.router.lead("acme", backend.endpoint());
        let (mut client, mut session) = gateway.session(&backend).await;
        client.send(b"query").await;
        client.finish().await;
        assert_eq!(session.rest().await, b"query");
        session.send(b"answer").await;
        drop(session);
        assert_eq!(client.rest().await, b"answer");
    }
}

#[tokio::test]
async fn a_server_that_has_finished_ends_the_session_although_the_client_does_not() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    session.send(b"goodbye").await;
    session.finish().await;
    assert_eq!(client.rest().await, b"goodbye");
    client.send(b"what?").await;
    client.finish().await;
    session.rest().await;
}

/// The clock is simulated: it moves by itself whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn a_client_that_never_closes_is_closed_on_after_its_server() {
    let (gateway, backend, _) = Gateway::with_tenant(ProxyConfig::default());
    let (mut client, session) = gateway.session(&backend).await;
    drop(session);
    assert_eq!(client.rest().await, b"");
    assert_eq!(gateway.proxy.counters().snapshot().live_sessions, 1);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(gateway.proxy.counters().snapshot().live_sessions, 0);
}

#[tokio::test]
async fn the_servers_last_words_arrive_although_it_stopped_reading() {
    for backend in [Backend::unix(), Backend::tcp()] {
        let gateway = Gateway::open(eager());
        gateway.router.lead("acme", backend.endpoint());
        let (client, mut session) = gateway.session(&backend).await;
        let (mut reading, mut writing) = client.0.into_split();
        let flood = tokio::spawn(async move {
            let block = vec![b'x'; 1 << 20];
            for _ in 0..64 {
                writing.write_all(&block).await.unwrap_or_default();
            }
        });
        session.expect(&[b'x'; 1 << 12]).await;
        session.send(b"FATAL: terminated").await;
        session.finish().await;
        if matches!(backend, Backend::Unix(..)) {
            // Closing with unread input breaks the proxy's writes. (Over TCP it would destroy the words as well.)
            drop(session);
        }
        let mut last_words = vec![0; b"FATAL: terminated".len()];
        crate::support::soon(reading.read_exact(&mut last_words))
            .await
            .unwrap();
        assert_eq!(last_words, b"FATAL: terminated");
        flood.abort();
    }
}

#[tokio::test]
async fn a_client_that_breaks_off_takes_its_server_connection_with_it() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (client, mut session) = gateway.session(&backend).await;
    client.reset();
    assert_eq!(session.rest().await, b"");
}

#[tokio::test]
async fn a_client_that_breaks_off_before_it_is_let_in_does_not_seem_to_have_ended() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    client.reset();
    assert_eq!(session.rest().await, b"");
    // An end would be passed on as one, and the server could still answer.
    let answered = session.0.write_all(b"N").await;
    assert_eq!(answered.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn a_client_that_breaks_off_while_it_is_written_to_ends_the_session() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (client, mut session) = gateway.session(&backend).await;
    let flood = tokio::spawn(async move {
        let block = vec![b'x'; 1 << 20];
        while session.0.write_all(&block).await.is_ok() {}
    });
    client.reset();
    crate::support::soon(flood).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_gets_ready_is_given_up_in_silence() {
    let (gateway, backend, _) = Gateway::with_tenant(ProxyConfig::default());
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    let began = tokio::time::Instant::now();
    let mut rest = Vec::new();
    client.0.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");
    assert_eq!(began.elapsed().as_secs(), 65);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_ready_may_be_idle_for_ever() {
    let (gateway, backend, _) = Gateway::with_tenant(ProxyConfig::default());
    let (mut client, mut session) = gateway.session(&backend).await;
    tokio::time::advance(Duration::from_hours(24)).await;
    client.send(b"awake").await;
    session.expect(b"awake").await;
}

#[tokio::test]
async fn a_storm_of_ends_leaves_nothing_behind() {
    let config = ProxyConfig {
        drain_grace: Duration::from_hours(1),
        ..eager()
    };
    let (mut gateway, backend, _) = Gateway::with_tenant(config);
    let mut clients = Vec::new();
    for number in 0..200 {
        let (mut client, mut session) = gateway.session(&backend).await;
        match number % 4 {
            0 => client.finish().await,
            1 => session.finish().await,
            2 => session.send(&login(7, b"abcd")).await,
            _ => {}
        }
        clients.push(client);
    }
    drop(clients);
    gateway.shut_down();
    // It waits for all of them, as long as it takes.
    assert_eq!(gateway.report().await.cut, 0);
}

/// As when its server process is killed: what came before stands, and nothing of the proxy's own follows.
#[tokio::test]
async fn a_server_that_breaks_off_in_the_middle_of_a_message_ends_it_there() {
    for backend in [Backend::unix(), Backend::tcp()] {
        let gateway = Gateway::open(eager());
        gateway.router.lead("acme", backend.endpoint());
        let (mut client, mut session) = gateway.session(&backend).await;
        client.send(b"unread").await;
        session.send(b"D\0\0\x01\0half a row").await;
        client.expect(b"D\0\0\x01\0half a row").await;
        // With unread input, which makes it a reset where there is such a thing.
        drop(session);
        assert_eq!(client.rest().await, b"");
    }
}

#[tokio::test]
async fn both_may_finish_while_the_other_still_talks() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    client.finish().await;
    session.send(b"one").await;
    client.expect(b"one").await;
    session.send(b"two").await;
    session.finish().await;
    assert_eq!(client.rest().await, b"two");
    assert_eq!(session.rest().await, b"");
}

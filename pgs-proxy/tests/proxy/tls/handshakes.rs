use crate::support::{Backend, Client, Gateway, Tls, eager, login, soon, startup};
use pgs_proxy::{Listener, ListenerPolicy, Proxy, ProxyConfig, TlsPolicy};
use rustls::{AlertDescription, ClientConnection, pki_types::ServerName};
use std::{io, sync::Arc, time::Duration};
use testkit::message::{SSL_REQUEST, V3_0, cancel, startup as startup_of};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

#[tokio::test]
async fn a_session_goes_through_either_way_with_either_version() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = || tls.config_with(&[version], None);
        let direct = gateway.connect().await.0;
        let mut direct = Tls::over(direct, config(), "localhost").await.unwrap();
        direct.log_in(&backend).await;
        let negotiated = Tls::negotiated_with(&gateway, config(), "localhost").await;
        let mut negotiated = negotiated.unwrap();
        negotiated.log_in(&backend).await;
        let spoken = negotiated.0.get_ref().1.protocol_version();
        assert_eq!(spoken, Some(version.version));
    }
}

/// The first flight of a client's handshake.
pub(crate) fn client_hello(tls: &Tls) -> (ClientConnection, Vec<u8>) {
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(tls.config()), name).unwrap();
    let mut hello = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut hello).unwrap();
    }
    (connection, hello)
}

async fn read_tls(client: &mut Client, connection: &mut ClientConnection) -> io::Result<usize> {
    let mut bytes = [0; 4096];
    let size = soon(client.0.read(&mut bytes)).await?;
    let mut unread = &bytes[..size];
    while !unread.is_empty() {
        connection.read_tls(&mut unread)?;
        connection.process_new_packets().map_err(io::Error::other)?;
    }
    Ok(size)
}

pub(crate) async fn shake_hands(client: &mut Client, connection: &mut ClientConnection) {
    while connection.is_handshaking() {
        read_tls(client, connection).await.unwrap();
        let mut flight = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut flight).unwrap();
        }
        client.send(&flight).await;
    }
}

#[tokio::test]
async fn a_client_hello_may_come_with_its_request_however_cut() {
    let tls = Tls::localhost();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for cut in [0, 3, 8, 9, 12, 13, 100] {
        let (mut connection, hello) = client_hello(&tls);
        let sent = [SSL_REQUEST, &hello].concat();
        let mut client = gateway.connect().await;
        client.send(&sent[..cut]).await;
        tokio::task::yield_now().await;
        client.send(&sent[cut..]).await;
        client.expect(b"S").await;
        shake_hands(&mut client, &mut connection).await;
        assert_eq!(connection.alpn_protocol(), Some(&b"postgresql"[..]));
    }
}

#[tokio::test]
async fn no_session_can_be_resumed() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = tls.config_with(&[version], None);
        for _ in 0..2 {
            let safe = Tls::negotiated_with(&gateway, config.clone(), "localhost").await;
            let mut safe = safe.unwrap();
            safe.log_in(&backend).await;
            let connection = safe.0.get_ref().1;
            assert_eq!(
                connection.handshake_kind(),
                Some(rustls::HandshakeKind::Full)
            );
            assert_eq!(connection.tls13_tickets_received(), 0);
        }
    }
}

#[tokio::test]
async fn direct_tls_has_to_name_the_protocol() {
    let tls = Tls::localhost();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut silent = tls.config();
    silent.alpn_protocols.clear();
    let stream = gateway.connect().await.0;
    let mut safe = Tls::over(stream, silent.clone(), "localhost")
        .await
        .unwrap();
    // In order, with a word: reading would fail without it.
    assert_eq!(safe.rest().await, b"");

    let mut other = tls.config();
    other.alpn_protocols = vec![b"http/1.1".to_vec()];
    for config in [other.clone(), other] {
        let stream = gateway.connect().await.0;
        let error = Tls::over(stream, config, "localhost").await.unwrap_err();
        let alert = error.downcast::<rustls::Error>().unwrap();
        let expected = rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);
        assert_eq!(alert, expected);
    }
    // Older clients ask first and name nothing.
    let safe = Tls::negotiated_with(&gateway, silent, "localhost").await;
    drop(safe.unwrap());
}

#[tokio::test]
async fn inside_tls_no_encryption_is_negotiated() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    let mut negotiated = tls.negotiated(&gateway).await;
    negotiated.send(SSL_REQUEST).await;
    let refused = String::from_utf8_lossy(&negotiated.rest().await).into_owned();
    assert!(
        refused.contains("unsupported frontend protocol 1234.5679"),
        "{refused}"
    );
    let mut direct = tls.direct(&gateway).await;
    direct.send(SSL_REQUEST).await;
    direct.expect(b"N").await;
    direct.log_in(&backend).await;
}

#[tokio::test]
async fn plaintext_in_place_of_tls_is_closed_on_without_a_byte() {
    let tls = Tls::localhost();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for plaintext in [&startup("acme")[..], SSL_REQUEST, b"GET / HTTP/1.1\r\n\r\n"] {
        let mut client = gateway.connect().await;
        client.send(SSL_REQUEST).await;
        client.expect(b"S").await;
        client.send(plaintext).await;
        client.closed().await;
        let mut stuffed = gateway.connect().await;
        stuffed.send(&[SSL_REQUEST, plaintext].concat()).await;
        stuffed.expect(b"S").await;
        stuffed.closed().await;
    }
}

#[tokio::test]
async fn a_session_in_the_clear_is_refused_where_tls_is_required_and_a_cancel_request_is_not() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Require(tls.server()));
    for user in ["acme", "nobody"] {
        let mut client = gateway.connect().await;
        client.send(&startup(user)).await;
        let refused = String::from_utf8_lossy(&client.rest().await).into_owned();
        let message = format!(
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"{user}\", database \"{user}\", no encryption"
        );
        assert!(refused.contains(&message), "{refused}");
        let mut grease = gateway.connect().await;
        grease.send(&startup_of(0x0003_270F, user)).await;
        assert_eq!(grease.message().await[0], b'v');
    }
    let mut safe = tls.negotiated(&gateway).await;
    let _session = safe.log_in(&backend).await;
    let request = cancel(7, b"abcd");
    let mut in_the_clear = gateway.connect().await;
    in_the_clear.send(&request).await;
    backend.accept().await.expect(&request).await;
    in_the_clear.closed().await;
    for mut canceller in [tls.negotiated(&gateway).await, tls.direct(&gateway).await] {
        canceller.send(&request).await;
        backend.accept().await.expect(&request).await;
        assert_eq!(canceller.rest().await, b"");
    }
    assert_eq!(
        gateway.proxy.counters().snapshot().refused["tls_required"],
        4
    );
}

#[tokio::test]
async fn tls_is_never_offered_on_a_unix_socket() {
    let tls = Tls::localhost();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Off);
    let path = tls.files.path().join("s");
    let listener = Listener::from(UnixListener::bind(&path).unwrap());
    let mut policy = ListenerPolicy::default();
    policy.tls = TlsPolicy::Require(tls.server());
    let proxy: Proxy = gateway.proxy.clone();
    let serving =
        tokio::spawn(async move { proxy.run(listener, policy, std::future::pending()).await });
    let mut client = Client(UnixStream::connect(&path).await.unwrap());
    client.send(SSL_REQUEST).await;
    client.expect(b"N").await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.send(&login(7, b"abcd")).await;
    client.expect(&login(7, b"abcd")).await;
    let mut direct = Client(UnixStream::connect(&path).await.unwrap());
    direct.send(&client_hello(&tls).1).await;
    direct.closed().await;
    serving.abort();
}

/// The clock is simulated: it moves by itself whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_handshake_is_one_and_covers_all_of_it() {
    let tls = Tls::localhost();
    let (gateway, _backend) =
        Gateway::with_tls_and(ProxyConfig::default(), TlsPolicy::Allow(tls.server()));
    let began = tokio::time::Instant::now();
    let mut silent = gateway.connect().await;
    silent.send(SSL_REQUEST).await;
    silent.expect(b"S").await;
    let mut slow = gateway.connect().await;
    let (_, hello) = client_hello(&tls);
    for byte in &hello[..9] {
        slow.send(&[*byte]).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    slow.closed().await;
    silent.closed().await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(11), "{took:?}");
    let mut idle = tls.direct(&gateway).await;
    assert_eq!(idle.rest().await, b"");
}

#[tokio::test]
async fn a_handshake_that_is_too_long_is_given_up() {
    let tls = Tls::localhost();
    let (gateway, _backend) = Gateway::with_tls_and(eager(), TlsPolicy::Allow(tls.server()));
    let mut client = gateway.connect().await;
    // A ClientHello of 60,000 bytes, in records of 10,000.
    let mut record = vec![0x16, 3, 1, 0x27, 0x10, 1, 0, 0xEA, 0x60];
    record.resize(5 + 10_000, 0);
    for number in 0..6 {
        let written = client.0.write_all(&record).await;
        if number < 3 {
            written.unwrap();
        }
        record[5..9].fill(0);
    }
    let mut rest = Vec::new();
    let _ = soon(client.0.read_to_end(&mut rest)).await;
    let alert = rest.first().is_none_or(|first| *first == 0x15);
    assert!(alert, "{}", rest.escape_ascii());
}

#[tokio::test]
async fn a_client_that_asks_for_too_old_a_version_is_told_by_an_alert() {
    let tls = Tls::localhost();
    let mut settings = tls.settings();
    settings.min_version = pgs_proxy::TlsVersion::V1_3;
    let server = pgs_proxy::TlsServer::load(settings).unwrap();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Allow(server));
    let config = tls.config_with(&[&rustls::version::TLS12], None);
    let error = Tls::negotiated_with(&gateway, config, "localhost")
        .await
        .unwrap_err();
    let alert = error.downcast::<rustls::Error>().unwrap();
    assert_eq!(
        alert,
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
    );
}

#[tokio::test]
async fn many_handshakes_at_one_time_all_get_through() {
    let tls = Arc::new(Tls::localhost());
    let mut config = eager();
    config.logins.per_tenant = 64;
    let (gateway, backend) = Gateway::with_tls_and(config, TlsPolicy::Require(tls.server()));
    let address = gateway.address;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let config = tls.config();
        clients.spawn(async move {
            let client = Client::connect(address).await;
            let mut safe = Tls::over(client.0, config, "localhost").await.unwrap();
            safe.send(&startup_of(V3_0, "acme")).await;
            safe.take(1).await
        });
    }
    let mut sessions: Vec<_> = Vec::new();
    for _ in 0..64 {
        let mut session: crate::support::Session = Backend::accept(&backend).await;
        session.send(b"R").await;
        sessions.push(session);
    }
    while let Some(first) = clients.join_next().await {
        assert_eq!(first.unwrap(), b"R");
    }
}

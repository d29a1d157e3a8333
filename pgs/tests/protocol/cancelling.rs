//! Cancel requests, in both lengths of the key.

use crate::{
    common::{Stage, password},
    compare::same,
};
use testkit::{
    Closing, Frame, RawClient,
    message::{GSSENC_REQUEST, SSL_REQUEST, V3_0, V3_2, cancel, query, startup},
    until,
};

/// A session that sleeps, and what cancels it.
struct Sleeper {
    client: RawClient,
    pid: u32,
    key: Vec<u8>,
}

impl Sleeper {
    fn start(connect: &dyn Fn() -> RawClient, version: u32) -> Self {
        let mut client = connect();
        let greeting = client.login(&startup(version, "acme"), &password("acme"));
        let (pid, key) = greeting.cancel_key();
        client.send(&query("SELECT pg_sleep(600)"));
        let sleeper = Self { client, pid, key };
        sleeper.falls_asleep(&mut another(connect));
        sleeper
    }

    fn falls_asleep(&self, other: &mut RawClient) {
        until("the session sleeps", || self.is_asleep(other));
    }

    fn is_asleep(&self, other: &mut RawClient) -> bool {
        let question = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND wait_event = 'PgSleep'",
            self.pid
        );
        other.value(&question) == "1"
    }

    /// What is said until the session is ready again.
    fn is_woken(&mut self) -> Vec<Frame> {
        self.client.frames_until(b'Z')
    }
}

fn another(connect: &dyn Fn() -> RawClient) -> RawClient {
    let mut client = connect();
    client.log_in("acme", &password("acme"));
    client
}

fn send(mut connection: RawClient, request: &[u8]) -> (Vec<u8>, Closing) {
    connection.send(request);
    connection.rest()
}

#[test]
fn a_cancel_request_stops_the_query_and_nothing_else() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (version, key_length) in [(V3_0, 4), (V3_2, 32)] {
        let woken = |connect: &dyn Fn() -> RawClient| {
            let mut sleeper = Sleeper::start(connect, version);
            assert_eq!(sleeper.key.len(), key_length);
            let (said, _) = send(connect(), &cancel(sleeper.pid, &sleeper.key));
            assert_eq!(said, b"", "a cancel request is not answered");
            let woken = sleeper.is_woken();
            assert_eq!(sleeper.client.value("SELECT 'goes on'"), "goes on");
            woken
        };
        let proxy = woken(&|| stage.frank());
        assert_eq!(proxy, woken(&|| stage.direct()), "version {version:x}");
        assert_eq!(
            proxy.iter().find_map(Frame::sqlstate).as_deref(),
            Some("57014")
        );
    }
}

#[test]
fn a_cancel_request_may_come_behind_refused_encryption() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let connect = || stage.frank();
    let mut sleeper = Sleeper::start(&connect, V3_2);
    let mut connection = connect();
    for request in [GSSENC_REQUEST, SSL_REQUEST] {
        connection.send(request);
        assert_eq!(connection.bytes(1), b"N");
    }
    assert_eq!(send(connection, &cancel(sleeper.pid, &sleeper.key)).0, b"");
    let error = sleeper.is_woken().iter().find_map(Frame::sqlstate);
    assert_eq!(error.as_deref(), Some("57014"));
}

/// Whoever waits for the end of a cancel request can rely on it: what is asked afterwards is not cancelled.
#[test]
fn a_cancel_request_ends_only_when_the_server_has_dealt_with_it() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for version in [V3_0, V3_2] {
        let mut client = stage.frank();
        let greeting = client.login(&startup(version, "acme"), &password("acme"));
        let (pid, key) = greeting.cancel_key();
        for _ in 0..30 {
            assert_eq!(send(stage.frank(), &cancel(pid, &key)).0, b"");
            assert_eq!(client.value("SELECT 1"), "1");
        }
    }
}

#[test]
fn a_wrong_cancel_request_does_nothing_and_says_nothing() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for version in [V3_0, V3_2] {
        let connect = || stage.frank();
        let mut sleeper = Sleeper::start(&connect, version);
        let (pid, key) = (sleeper.pid, sleeper.key.clone());
        let mut flipped = key.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let wrong = [
            cancel(pid, &flipped),
            cancel(pid, &key[..key.len() - 1]),
            cancel(pid, &[&key[..], b"\0"].concat()),
            cancel(pid, &key[..4 - 1]),
            cancel(pid, b""),
            cancel(pid + 1, &key),
            cancel(0, &key),
            cancel(u32::MAX, &key),
            [cancel(pid, &key), b"x".to_vec()].concat()[..12].to_vec(),
        ];
        for request in &wrong {
            let mut connection = stage.frank();
            connection.send(request);
            connection.finish();
            assert_eq!(connection.rest().0, b"");
        }
        assert!(
            sleeper.is_asleep(&mut another(&connect)),
            "nothing has woken it"
        );
        send(stage.frank(), &cancel(pid, &key));
        let error = sleeper.is_woken().iter().find_map(Frame::sqlstate);
        assert_eq!(error.as_deref(), Some("57014"));
    }
}

/// Keys die with their sessions.
#[test]
fn the_key_of_a_finished_session_is_nobodys() {
    let stage = Stage::shared();
    stage.tenant("acme");
    same("a late cancel request", &stage, |client| {
        let (pid, key) = client.log_in("acme", &password("acme")).cancel_key();
        client.send(&testkit::message::terminate());
        assert_eq!(client.rest(), (Vec::new(), Closing::Finished));
        cancel(pid, &key).len()
    });
    let mut client = stage.frank();
    let (pid, key) = client.log_in("acme", &password("acme")).cancel_key();
    client.send(&testkit::message::terminate());
    client.rest();
    assert_eq!(send(stage.frank(), &cancel(pid, &key)).0, b"");
}

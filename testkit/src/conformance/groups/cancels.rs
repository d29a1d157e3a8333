//! Cancel requests, in both lengths of the key.

use crate::{
    RawClient,
    conformance::{
        Case, Conversation,
        Section::Cancel,
        world::{ACME, password},
    },
    message::{GSSENC_REQUEST, SSL_REQUEST, V3_0, V3_2, cancel, query, terminate},
    until,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (protocol, version) in [("3.0", V3_0), ("3.2", V3_2)] {
        cases.extend(right(protocol, version));
        cases.extend(
            WRONG.map(|(name, request)| wrong(format!("{name}, {protocol}"), version, request)),
        );
    }
    cases
}

fn right(protocol: &str, version: u32) -> Vec<Case> {
    let case = |name: &str, script: fn(&mut Conversation<'_>, u32)| {
        Case::new(Cancel, format!("{name}, {protocol}"), move |talk| {
            script(talk, version);
        })
    };
    vec![
        case("a query is cancelled and nothing else", |talk, version| {
            let sleeper = Sleeper::start(talk, version);
            let request = cancel(sleeper.pid, &sleeper.key);
            deliver(talk, talk.another(), &request);
            wakes(talk);
        }),
        case(
            "a cancel request behind refused encryption",
            |talk, version| {
                let sleeper = Sleeper::start(talk, version);
                let mut connection = talk.another();
                for request in [GSSENC_REQUEST, SSL_REQUEST] {
                    connection.send(request);
                    talk.note(connection.bytes(1).escape_ascii().to_string());
                }
                deliver(talk, connection, &cancel(sleeper.pid, &sleeper.key));
                wakes(talk);
            },
        )
        .in_the_clear(),
        // Whoever waits for the end of a cancel request can rely on it: what is asked afterwards is not cancelled.
        case(
            "a cancel request ends when the server has dealt with it",
            |talk, version| {
                let (pid, key) = talk.log_in(version, ACME);
                for _ in 0..30 {
                    deliver(talk, talk.another(), &cancel(pid, &key));
                    talk.ask("SELECT 1");
                }
                talk.finish();
            },
        ),
        case(
            "the key of a finished session is nobody's",
            |talk, version| {
                let (pid, key) = talk.log_in(version, ACME);
                talk.send(&terminate());
                let end = talk.aside().rest();
                talk.note(format!("{end:?}"));
                deliver(talk, talk.another(), &cancel(pid, &key));
            },
        ),
    ]
}

/// A session that sleeps.
struct Sleeper {
    pid: u32,
    key: Vec<u8>,
}

impl Sleeper {
    fn start(talk: &mut Conversation<'_>, version: u32) -> Self {
        let (pid, key) = talk.log_in(version, ACME);
        talk.send(&query("SELECT pg_sleep(600)"));
        let sleeper = Self { pid, key };
        let mut watcher = watcher(talk);
        until("the session sleeps", || sleeper.is_asleep(&mut watcher));
        sleeper
    }

    fn is_asleep(&self, watcher: &mut RawClient) -> bool {
        let question = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND wait_event = 'PgSleep'",
            self.pid
        );
        watcher.value(&question) == "1"
    }
}

fn watcher(talk: &Conversation<'_>) -> RawClient {
    let mut watcher = talk.another();
    watcher.log_in(ACME, &password(ACME));
    watcher
}

/// A cancel request is never answered, and its end says that it was dealt with.
fn deliver(talk: &mut Conversation<'_>, mut connection: RawClient, request: &[u8]) {
    connection.send(request);
    let (said, _) = connection.rest();
    talk.note(said.escape_ascii().to_string());
}

fn wakes(talk: &mut Conversation<'_>) {
    talk.frames_until(b'Z');
    talk.ask("SELECT 'goes on'");
    talk.finish();
}

type Request = fn(u32, &[u8]) -> Vec<u8>;

/// It does nothing and says nothing, and the right one still works.
fn wrong(name: String, version: u32, request: Request) -> Case {
    Case::new(Cancel, name, move |talk| {
        let sleeper = Sleeper::start(talk, version);
        let mut connection = talk.another();
        connection.send(&request(sleeper.pid, &sleeper.key));
        connection.finish();
        let (said, _) = connection.rest();
        talk.note(said.escape_ascii().to_string());
        let mut watcher = watcher(talk);
        talk.note(format!("still asleep: {}", sleeper.is_asleep(&mut watcher)));
        deliver(talk, talk.another(), &cancel(sleeper.pid, &sleeper.key));
        wakes(talk);
    })
}

const WRONG: [(&str, Request); 9] = [
    ("a cancel request with one bit flipped", |pid, key| {
        let mut request = cancel(pid, key);
        if let Some(last) = request.last_mut() {
            *last ^= 1;
        }
        request
    }),
    ("a cancel request with a key too short", |pid, key| {
        cancel(pid, &key[..key.len() - 1])
    }),
    ("a cancel request with a key too long", |pid, key| {
        cancel(pid, &[key, b"\0"].concat())
    }),
    (
        "a cancel request with three bytes of its key",
        |pid, key| cancel(pid, &key[..3]),
    ),
    ("a cancel request without its key", |pid, _| {
        cancel(pid, b"")
    }),
    ("a cancel request for the next process", |pid, key| {
        cancel(pid + 1, key)
    }),
    ("a cancel request for process 0", |_, key| cancel(0, key)),
    ("a cancel request for the last process", |_, key| {
        cancel(u32::MAX, key)
    }),
    ("a cancel request that is cut short", |pid, key| {
        cancel(pid, key)[..12].to_vec()
    }),
];

//! TLS: how it begins, what may come before it and behind it, and how it ends.

use crate::{
    Hello, TlsClient,
    conformance::{
        Case, Conversation,
        Section::{self, Cancel, Errors, Negotiation, Transport},
        world::{ACME, password},
    },
    message::{
        GSSENC_REQUEST as GSS, SSL_REQUEST as SSL, V3_0, V3_2, V3_9999, cancel, query, startup,
        terminate,
    },
    until,
};

/// For servers whose clients may speak TLS.
pub(in crate::conformance) fn allowed(tls: &TlsClient) -> Vec<Case> {
    let mut cases = beginnings(tls);
    cases.extend(no_beginnings(tls));
    cases.extend(protocols(tls));
    cases.extend(plaintext(tls));
    cases.extend(requests_inside(tls));
    cases.extend(cancels(tls));
    cases.extend(ends(tls));
    cases
}

/// For servers whose clients have to.
pub(in crate::conformance) fn required(tls: &TlsClient) -> Vec<Case> {
    let clear = |name: &str, packet: Vec<u8>| Case::closed_on(Errors, name, packet);
    let mut cases = vec![
        clear("a session in the clear", startup(V3_0, ACME)),
        clear("a session of nobody in the clear", startup(V3_0, "nobody")),
        clear("a session in the clear, newer", startup(V3_9999, ACME)),
        clear("an empty user in the clear", startup(V3_0, "")),
        clear("a wrong cancel request in the clear", cancel(1, b"none")),
        Case::closed_on(
            Errors,
            "a session in the clear behind a refusal",
            [GSS].concat(),
        )
        .with(|talk| {
            talk.bytes(1);
            talk.send(&startup(V3_0, ACME));
        }),
    ];
    cases.extend(beginnings(tls));
    cases.extend(cancels(tls));
    cases
}

impl Case {
    /// The same, and then this.
    fn with(self, more: impl Fn(&mut Conversation<'_>) + Send + Sync + 'static) -> Self {
        let first = self.script;
        let script = move |talk: &mut Conversation<'_>| {
            first(talk);
            more(talk);
        };
        Self {
            script: Box::new(script),
            ..self
        }
    }
}

fn case(
    section: Section,
    name: &str,
    tls: &TlsClient,
    script: impl Fn(&mut Conversation<'_>, &TlsClient) + Send + Sync + 'static,
) -> Case {
    let tls = tls.clone();
    Case::new(section, name, move |talk| script(talk, &tls))
}

/// Asks for TLS, which has to be granted.
fn ask(talk: &mut Conversation<'_>) {
    talk.send(SSL);
    talk.bytes(1);
}

fn shake(talk: &mut Conversation<'_>, tls: &TlsClient) -> bool {
    let hello = tls.hello();
    talk.send(hello.bytes());
    shake_with(talk, hello)
}

/// The rest of the handshake; how it went is taken down.
fn shake_with(talk: &mut Conversation<'_>, hello: Hello) -> bool {
    let shaken = talk.aside().shake_hands(hello);
    let succeeds = shaken.is_ok();
    talk.note(format!("the handshake: {shaken:?}"));
    succeeds
}

fn session(talk: &mut Conversation<'_>) {
    talk.log_in(V3_2, ACME);
    talk.ask("SELECT current_user, ssl IS NULL FROM pg_stat_ssl LIMIT 0");
    talk.send(&terminate());
}

fn beginnings(tls: &TlsClient) -> Vec<Case> {
    let case = |name, script: fn(&mut Conversation<'_>, &TlsClient)| {
        case(Negotiation, name, tls, move |talk, tls| {
            script(talk, tls);
            session(talk);
        })
    };
    vec![
        case("TLS after a request", |talk, tls| {
            ask(talk);
            shake(talk, tls);
        }),
        case("TLS at once", |talk, tls| {
            shake(talk, tls);
        }),
        case("TLS behind a refusal of GSSAPI", |talk, tls| {
            talk.send(GSS);
            talk.bytes(1);
            ask(talk);
            shake(talk, tls);
        }),
        case(
            "a ClientHello in one piece with the request",
            |talk, tls| {
                let hello = tls.hello();
                talk.send(&[SSL, hello.bytes()].concat());
                talk.bytes(1);
                shake_with(talk, hello);
            },
        ),
        case(
            "half a ClientHello in one piece with the request",
            |talk, tls| {
                let hello = tls.hello();
                let (head, tail) = hello.bytes().split_at(hello.bytes().len() / 2);
                talk.send(&[SSL, head].concat());
                talk.bytes(1);
                talk.send(tail);
                shake_with(talk, hello);
            },
        ),
        case("a ClientHello byte by byte", |talk, tls| {
            let hello = tls.hello();
            for byte in hello.bytes().chunks(1) {
                talk.send(byte);
            }
            shake_with(talk, hello);
        }),
        case("TLS after a request, without ALPN", |talk, tls| {
            ask(talk);
            shake(talk, &tls.offering(&[]));
        }),
        case(
            "TLS with ALPN's right protocol among others",
            |talk, tls| {
                shake(talk, &tls.offering(&[b"h2", b"postgresql"]));
            },
        ),
    ]
}

/// A handshake that stops in the middle is no error worth a word.
fn no_beginnings(tls: &TlsClient) -> Vec<Case> {
    let mut cases = Vec::new();
    for requested in [true, false] {
        let way = if requested {
            "after a request"
        } else {
            "at once"
        };
        for length in [0, 1, 2, 4, 5, 6, 60] {
            let name = format!("a ClientHello that ends after {length} bytes, {way}");
            cases.push(case(Negotiation, &name, tls, move |talk, tls| {
                if requested {
                    ask(talk);
                }
                let hello = tls.hello();
                talk.send(hello.bytes().get(..length).unwrap_or_default());
                talk.finish();
            }));
        }
    }
    cases
}

fn protocols(tls: &TlsClient) -> Vec<Case> {
    let mut cases = Vec::new();
    for requested in [true, false] {
        let way = if requested {
            "after a request"
        } else {
            "at once"
        };
        let offers: [(&str, &'static [&'static [u8]]); 3] = [
            ("another protocol", &[b"h2"]),
            ("another case of the protocol", &[b"PostgreSQL"]),
            ("a longer protocol", &[b"postgresql2"]),
        ];
        for (what, offer) in offers {
            let name = format!("ALPN with {what}, {way}");
            cases.push(case(Negotiation, &name, tls, move |talk, tls| {
                if requested {
                    ask(talk);
                }
                shake(talk, &tls.offering(offer));
            }));
        }
    }
    cases.push(case(
        Negotiation,
        "TLS at once, without ALPN",
        tls,
        |talk, tls| {
            shake(talk, &tls.offering(&[]));
        },
    ));
    cases
}

/// Behind an answer of `S` only TLS may come; as a first byte, TLS may come before it.
fn plaintext(tls: &TlsClient) -> Vec<Case> {
    let behind: [(&str, Vec<u8>); 7] = [
        ("a startup packet", startup(V3_0, ACME)),
        ("a request for TLS", SSL.to_vec()),
        ("a request for GSSAPI", GSS.to_vec()),
        ("a cancel request", cancel(1, b"none")),
        (
            "HTTP",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        ),
        ("an alert of TLS", b"\x15\x03\x01\0\x02\x02\x28".to_vec()),
        (
            "a record that is too long",
            [&b"\x16\x03\x01\xff\xff"[..], &[0; 100]].concat(),
        ),
    ];
    let mut cases = Vec::new();
    for (what, bytes) in behind {
        let name = format!("{what} in place of TLS");
        let later = bytes.clone();
        cases.push(Case::new(Negotiation, name, move |talk| {
            ask(talk);
            talk.send(&later);
        }));
        let name = format!("{what} in one piece with a request that is granted");
        cases.push(Case::closed_on(Negotiation, name, [SSL, &bytes].concat()));
    }
    cases.push(case(
        Negotiation,
        "TLS at once behind a refusal of GSSAPI",
        tls,
        |talk, tls| {
            talk.send(GSS);
            talk.bytes(1);
            talk.send(tls.hello().bytes());
        },
    ));
    cases
}

fn requests_inside(tls: &TlsClient) -> Vec<Case> {
    let mut cases = Vec::new();
    for requested in [true, false] {
        for (what, request) in [("TLS", SSL), ("GSSAPI", GSS)] {
            let way = if requested {
                "after a request"
            } else {
                "at once"
            };
            let name = format!("a request for {what} inside TLS that began {way}");
            cases.push(case(Negotiation, &name, tls, move |talk, tls| {
                if requested {
                    ask(talk);
                }
                shake(talk, tls);
                talk.send(request);
                talk.finish();
            }));
        }
    }
    cases.push(case(
        Negotiation,
        "a session behind a refusal inside TLS that began at once",
        tls,
        |talk, tls| {
            shake(talk, tls);
            talk.send(SSL);
            talk.bytes(1);
            session(talk);
        },
    ));
    cases
}

#[derive(Clone, Copy)]
enum Through {
    TheClear,
    Request,
    Tls,
}

/// A cancel request may be less secret than its session.
fn cancels(tls: &TlsClient) -> Vec<Case> {
    let ways = [
        ("in the clear", Through::TheClear),
        ("in TLS after a request", Through::Request),
        ("in TLS at once", Through::Tls),
    ];
    let cancelled = |(way, through)| {
        let name = format!("a session in TLS is cancelled {way}");
        case(Cancel, &name, tls, move |talk, tls| {
            ask(talk);
            shake(talk, tls);
            let (pid, key) = talk.log_in(V3_2, ACME);
            talk.send(&query("SELECT pg_sleep(600)"));
            falls_asleep(talk, tls, pid);
            let connection = talk.another();
            let mut connection = match through {
                Through::TheClear => connection,
                Through::Request => tls.after_a_request(connection),
                Through::Tls => tls.at_once(connection),
            };
            connection.send(&cancel(pid, &key));
            talk.note(connection.rest().0.escape_ascii().to_string());
            talk.frames_until(b'Z');
            talk.send(&terminate());
        })
    };
    ways.map(cancelled).into()
}

fn falls_asleep(talk: &Conversation<'_>, tls: &TlsClient, pid: u32) {
    let mut watcher = tls.at_once(talk.another());
    watcher.log_in(ACME, &password(ACME));
    let asleep = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
    );
    until("the session sleeps", || watcher.value(&asleep) == "1");
}

fn ends(tls: &TlsClient) -> Vec<Case> {
    let case = |name, script: fn(&mut Conversation<'_>)| {
        case(Transport, name, tls, move |talk, tls| {
            ask(talk);
            shake(talk, tls);
            script(talk);
        })
    };
    vec![
        case("nothing inside TLS", |talk| {
            talk.finish();
        }),
        case("a wrong password inside TLS", |talk| {
            talk.login(&startup(V3_0, ACME), "wrong");
        }),
        case("an error of the version inside TLS", |talk| {
            talk.send(&startup(4 << 16, ACME));
        }),
        case("a wrong frame inside TLS", |talk| {
            talk.send(b"\0\0\0\x07\0\x03\0\0");
        }),
        case("half a startup packet inside TLS", |talk| {
            talk.send(b"\0\0\0\x10\0\x03");
            talk.finish();
        }),
        case(
            "a client that finished still hears the answer inside TLS",
            |talk| {
                talk.log_in(V3_0, ACME);
                talk.send(&query("SELECT pg_sleep(0.2); SELECT repeat('x', 3000000)"));
                talk.finish();
            },
        ),
        case("a large result inside TLS", |talk| {
            talk.log_in(V3_0, ACME);
            talk.ask("SELECT repeat(i::text, 1000) FROM generate_series(1, 2000) i");
            talk.send(&terminate());
        }),
        case("the channel that passwords can be bound to", |talk| {
            talk.send(&startup(V3_0, ACME));
            let question = talk.aside().frames_until(b'R');
            talk.note(format!("{question:?}"));
            talk.finish();
        }),
    ]
}

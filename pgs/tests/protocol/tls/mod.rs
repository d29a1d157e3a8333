//! The same bytes, before and inside TLS, to a real `PostgreSQL` 18 that speaks it and to the proxy.
//!
//! Left out, because two libraries of TLS may differ in it: the alert for a record that is no TLS at all in place of one
//! that is, and which of several faults of a `ClientHello` is found first. In the errors, the source lines: the judge is of
//! another minor version.

mod talk;

use crate::common::{Stage, password};
use pgs::{KeyPair, ListenerPolicy, Proxy, TlsPolicy, TlsServer, TlsSettings};
use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};
use std::{cell::RefCell, net::Shutdown};
use talk::Talk;
use tempfile::TempDir;
use testkit::{
    ReferenceServer, ServerTls,
    certificates::Authority,
    message::{GSSENC_REQUEST, SSL_REQUEST, V3_0, V3_2, V3_9999, cancel, startup, tagged},
    postgresql, skip,
};

/// Both with the same certificate.
struct Doors {
    authority: Authority,
    judge: ReferenceServer,
    proxy: Proxy,
    differences: RefCell<Vec<String>>,
    _files: TempDir,
}

impl Doors {
    fn open(stage: &Stage) -> Option<Self> {
        let authority = Authority::new("the authority");
        let issued = authority.server(&["localhost"]);
        let password = password("acme");
        let Some(bindir) = postgresql::bindir_with_tls() else {
            skip(
                "the comparison of TLS",
                "there is no PostgreSQL 18 with TLS; run `cargo xtask setup --tests`",
            );
            return None;
        };
        let tls = ServerTls {
            certificate: &issued.certificate,
            key: &issued.key,
            authority: &authority.pem(),
            hba: "host all all all scram-sha-256\n",
        };
        let judge = ReferenceServer::with_tls(&bindir, &[("acme", &password)], &tls);
        let files = testkit::state_dir();
        let (certificate, key) = issued.write(files.path(), "server");
        let settings = TlsSettings::new(KeyPair { certificate, key });
        let mut policy = ListenerPolicy::default();
        policy.tls = TlsPolicy::Allow(TlsServer::load(settings).unwrap());
        let builder = Proxy::builder(stage.pgs()).listen_with("127.0.0.1:0", policy);
        let proxy = stage.run("start a proxy", builder.start()).unwrap();
        Some(Self {
            authority,
            judge,
            proxy,
            differences: RefCell::default(),
            _files: files,
        })
    }

    /// Does this at both doors; what is seen has to be the same.
    fn same(&self, case: &str, converse: impl Fn(&mut Talk<'_>)) {
        let [judged, seen] = [self.judge.address(), self.proxy.address()].map(|address| {
            let mut talk = Talk::new(&self.authority, address);
            converse(&mut talk);
            talk.seen
        });
        if seen != judged {
            let difference = format!("{case}:\n  PostgreSQL {judged:?}\n  pgs        {seen:?}");
            self.differences.borrow_mut().push(difference);
        }
    }
}

const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
const POSTGRESQL: &[&str] = &["postgresql"];

#[test]
fn tls_is_as_postgresqls() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let Some(doors) = Doors::open(&stage) else {
        return;
    };
    begins(&doors);
    stuffs(&doors);
    speaks_inside(&doors);
    ends(&doors);
    let differences = doors.differences.take();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Ways to begin.
fn begins(doors: &Doors) {
    for versions in [BOTH, &[&TLS12], &[&TLS13]] {
        for alpn in [POSTGRESQL, &[], &["http/1.1"], &["h2", "postgresql"]] {
            let case = format!("{versions:?} {alpn:?}");
            doors.same(&format!("asked for, {case}"), |talk| {
                talk.send(SSL_REQUEST);
                talk.byte();
                talk.begin(versions, alpn);
                talk.shake_hands();
            });
            doors.same(&format!("direct, {case}"), |talk| {
                talk.begin(versions, alpn);
                talk.shake_hands();
                if alpn.is_empty() {
                    talk.heard_to_end();
                }
            });
        }
    }
    for asked in [&[GSSENC_REQUEST, SSL_REQUEST][..], &[SSL_REQUEST]] {
        doors.same("asked for after GSSAPI", |talk| {
            for request in asked {
                talk.send(request);
                talk.byte();
            }
            talk.begin(BOTH, POSTGRESQL);
            talk.shake_hands();
            talk.say(&startup(V3_0, "acme"));
            talk.heard(1);
        });
    }
}

/// Bytes where they do not belong.
fn stuffs(doors: &Doors) {
    for cut in [0, 1, 5, 50] {
        doors.same("a ClientHello behind its request", |talk| {
            talk.begin(BOTH, POSTGRESQL);
            let sent = [SSL_REQUEST, &talk.flight()].concat();
            talk.send(&sent[..8 + cut]);
            talk.byte();
            talk.send(&sent[8 + cut..]);
            talk.shake_hands();
            talk.say(&startup(V3_0, "acme"));
            talk.heard(1);
        });
    }
    let acme = startup(V3_0, "acme");
    let plaintexts: [&[u8]; 6] = [
        b"",
        b"x",
        b"GET / HTTP/1.1\r\n\r\n",
        &acme,
        SSL_REQUEST,
        b"\0\0\0\x08\x04",
    ];
    for plaintext in plaintexts {
        let case = format!("{} after S", plaintext.escape_ascii());
        doors.same(&case, |talk| {
            talk.send(SSL_REQUEST);
            talk.byte();
            talk.send(plaintext);
            let _ = talk.tcp.shutdown(Shutdown::Write);
            talk.rest();
        });
    }
    doors.same("plaintext behind a request", |talk| {
        talk.send(&[SSL_REQUEST, &acme].concat());
        talk.byte();
        talk.rest();
    });
    doors.same("GSSAPI with something behind it", |talk| {
        talk.send(&[GSSENC_REQUEST, SSL_REQUEST].concat());
        talk.byte();
    });
}

/// What is said once TLS is there.
fn speaks_inside(doors: &Doors) {
    let negotiate = |talk: &mut Talk<'_>| {
        talk.send(SSL_REQUEST);
        talk.byte();
        talk.begin(BOTH, POSTGRESQL);
        talk.shake_hands();
    };
    let directly = |talk: &mut Talk<'_>| {
        talk.begin(BOTH, POSTGRESQL);
        talk.shake_hands();
    };
    let unknown = startup(0x0004_0000, "acme");
    let old = startup(0x0002_0000, "acme");
    let nobody = startup(V3_0, "");
    let ending: [(&str, &[u8]); 9] = [
        ("SSLRequest", SSL_REQUEST),
        ("GSSENCRequest", GSSENC_REQUEST),
        ("a cancel request", &cancel(1, b"none")),
        ("version 4", &unknown),
        ("version 2", &old),
        ("no user", &nobody),
        ("no layout", b"\0\0\0\x0A\0\x03\0\0xx"),
        ("a short length", b"\0\0\0\x07\0\x03\0\0"),
        ("TLS in TLS", b"\x16\x03\x01\0\x05"),
    ];
    for (case, sent) in ending {
        doors.same(&format!("{case} in TLS that was asked for"), |talk| {
            negotiate(talk);
            talk.say(sent);
            talk.heard_to_end();
        });
        if !sent.starts_with(SSL_REQUEST) && !sent.starts_with(GSSENC_REQUEST) {
            doors.same(&format!("{case} in direct TLS"), |talk| {
                directly(talk);
                talk.say(sent);
                talk.heard_to_end();
            });
        }
    }
    for requests in [
        &[SSL_REQUEST][..],
        &[GSSENC_REQUEST],
        &[GSSENC_REQUEST, SSL_REQUEST],
    ] {
        doors.same("refused requests in direct TLS", |talk| {
            directly(talk);
            for request in requests {
                talk.say(request);
                talk.heard(1);
            }
            talk.say(&startup(V3_0, "acme"));
            talk.heard(1);
        });
    }
    for request in [SSL_REQUEST, GSSENC_REQUEST] {
        doors.same("the same request twice in direct TLS", |talk| {
            directly(talk);
            talk.say(request);
            talk.heard(1);
            talk.say(request);
            talk.heard_to_end();
        });
        doors.same("something behind a refused request in direct TLS", |talk| {
            directly(talk);
            talk.say(&[request, b"x"].concat());
            talk.heard_to_end();
        });
    }
    for version in [V3_0, V3_2, V3_9999] {
        doors.same("a negotiated version in TLS", |talk| {
            negotiate(talk);
            talk.say(&startup(version, "acme"));
            talk.heard(1);
        });
    }
}

/// Ways to end.
fn ends(doors: &Doors) {
    let greeted = |talk: &mut Talk<'_>, versions| {
        talk.send(SSL_REQUEST);
        talk.byte();
        talk.begin(versions, POSTGRESQL);
        talk.shake_hands();
        talk.say(&startup(V3_0, "acme"));
        talk.heard(1);
    };
    for versions in [&[&TLS12][..], &[&TLS13]] {
        doors.same("goodbye in the middle of a login", |talk| {
            greeted(talk, versions);
            talk.say_goodbye();
            talk.hear_until_closed();
        });
        doors.same("the end without goodbye in the middle of a login", |talk| {
            greeted(talk, versions);
            let _ = talk.tcp.shutdown(Shutdown::Write);
            talk.hear_until_closed();
        });
        doors.same("a message that does not belong into a login", |talk| {
            greeted(talk, versions);
            talk.say(&tagged(b'Q', b"SELECT 1\0"));
            talk.hear_until_closed();
        });
    }
    doors.same("the end in the middle of a handshake", |talk| {
        talk.send(SSL_REQUEST);
        talk.byte();
        talk.begin(BOTH, POSTGRESQL);
        let hello = talk.flight();
        talk.send(&hello[..hello.len() / 2]);
        let _ = talk.tcp.shutdown(Shutdown::Write);
        talk.rest();
    });
}

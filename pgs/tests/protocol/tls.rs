//! The same bytes, before and inside TLS, to a real `PostgreSQL` 18 that speaks it and to the proxy.
//!
//! Left out, because two libraries of TLS may differ in it: the alert for a record that is no TLS at all in place of one
//! that is, and which of several faults of a `ClientHello` is found first. In the errors, the source lines: the judge is of
//! another minor version.

use crate::common::{Stage, password};
use pgs::{KeyPair, ListenerPolicy, Proxy, TlsPolicy, TlsServer, TlsSettings};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    version::{TLS12, TLS13},
};
use std::{
    cell::RefCell,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
};
use tempfile::TempDir;
use testkit::{
    LIMIT, ReferenceServer, ServerTls,
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

/// A conversation with one of the two, and what was seen in it.
struct Talk<'a> {
    authority: &'a Authority,
    tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// Whether the server has said that nothing more comes.
    is_over: bool,
    seen: Vec<String>,
}

impl<'a> Talk<'a> {
    fn new(authority: &'a Authority, address: SocketAddr) -> Self {
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_nodelay(true).unwrap();
        tcp.set_read_timeout(Some(LIMIT)).unwrap();
        Self {
            authority,
            tcp,
            tls: None,
            is_over: false,
            seen: Vec::new(),
        }
    }

    /// In the clear.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.tcp.write_all(bytes);
    }

    /// Waits for one byte in the clear.
    fn byte(&mut self) {
        let mut byte = [0];
        let read = self.tcp.read(&mut byte);
        let told = read.map(|size| byte[..size].escape_ascii().to_string());
        self.seen
            .push(told.unwrap_or_else(|error| error.kind().to_string()));
    }

    /// What comes in the clear until the end, and which end.
    fn rest(&mut self) {
        let mut rest = Vec::new();
        let end = match self.tcp.read_to_end(&mut rest) {
            Ok(_) => "FIN".to_owned(),
            Err(error) => error.kind().to_string(),
        };
        self.seen.push(format!("{} {end}", rest.escape_ascii()));
    }

    fn begin(&mut self, versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        self.tls = Some(ClientConnection::new(Arc::new(config), name).unwrap());
    }

    fn tls(&mut self) -> &mut ClientConnection {
        self.tls.as_mut().unwrap()
    }

    /// The client's next flight.
    fn flight(&mut self) -> Vec<u8> {
        let mut flight = Vec::new();
        while self.tls().wants_write() {
            self.tls().write_tls(&mut flight).unwrap();
        }
        flight
    }

    /// Handshakes, and notes what was agreed on or what went wrong.
    fn shake_hands(&mut self) {
        while self.tls().is_handshaking() {
            let flight = self.flight();
            self.send(&flight);
            if !self.tls().is_handshaking() {
                break;
            }
            match self.hear() {
                // It may have said more than was waited for.
                Err(_) if !self.tls().is_handshaking() => {}
                Err(end) => return self.seen.push(end),
                Ok(()) => {}
            }
        }
        let flight = self.flight();
        self.send(&flight);
        let (version, alpn) = (self.tls().protocol_version(), self.tls().alpn_protocol());
        let agreed = format!(
            "{version:?} {:?}",
            alpn.map(<[u8]>::escape_ascii).map(|name| name.to_string())
        );
        self.seen.push(agreed);
    }

    /// Takes in what comes next, or tells how it ended.
    fn hear(&mut self) -> Result<(), String> {
        let goodbye = || Err("close_notify".to_owned());
        if self.is_over {
            return goodbye();
        }
        let tls = self.tls.as_mut().unwrap();
        match tls.read_tls(&mut self.tcp) {
            Ok(0) => Err("FIN".to_owned()),
            Ok(_) => match tls.process_new_packets() {
                Ok(state) if state.peer_has_closed() => {
                    self.is_over = true;
                    goodbye()
                }
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error.kind().to_string()),
        }
    }

    /// Takes in all that comes, and notes how it ended.
    fn hear_all(&mut self) -> Vec<u8> {
        loop {
            if let Err(end) = self.hear() {
                self.seen.push(end);
                break;
            }
        }
        let mut heard = Vec::new();
        let _ = self.tls().reader().read_to_end(&mut heard);
        heard
    }

    /// Inside TLS.
    fn say(&mut self, bytes: &[u8]) {
        self.tls().writer().write_all(bytes).unwrap();
        let flight = self.flight();
        self.send(&flight);
    }

    /// The last thing a client says inside TLS.
    fn say_goodbye(&mut self) {
        self.tls().send_close_notify();
        let flight = self.flight();
        self.send(&flight);
    }

    /// Waits for so many bytes inside TLS.
    fn heard(&mut self, count: usize) {
        let mut heard = Vec::new();
        while heard.len() < count {
            let mut chunk = vec![0; count - heard.len()];
            match self.tls().reader().read(&mut chunk) {
                Ok(0) => break,
                Ok(size) => heard.extend_from_slice(&chunk[..size]),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    if let Err(end) = self.hear() {
                        self.seen.push(end);
                        break;
                    }
                }
            }
        }
        self.seen.push(heard.escape_ascii().to_string());
    }

    /// Everything inside TLS until its end, and both ends: TLS's and the socket's.
    fn heard_to_end(&mut self) {
        let heard = self.hear_all();
        self.seen.push(without_lines(&heard));
        self.rest();
    }
}

/// Errors without the place in the source.
fn without_lines(bytes: &[u8]) -> String {
    let mut told = String::new();
    for field in bytes.split(|byte| *byte == 0) {
        if !matches!(field.first(), Some(b'F' | b'L' | b'R')) {
            told.push_str(&field.escape_ascii().to_string());
            told.push('|');
        }
    }
    // The length of an error covers the lines as well.
    match told.split_once("SFATAL") {
        Some((_, rest)) => format!("SFATAL{rest}"),
        None => told,
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

impl Talk<'_> {
    /// Forgets what is said, which is a challenge with a new nonce each time, and notes the end.
    fn hear_until_closed(&mut self) {
        let heard = self.hear_all();
        let error = String::from_utf8_lossy(&heard).into_owned();
        let error = error
            .split_once("SFATAL")
            .map(|(_, error)| without_lines(error.as_bytes()));
        self.seen.push(error.unwrap_or_default());
        self.rest();
    }
}

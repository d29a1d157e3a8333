use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};
use testkit::{LIMIT, certificates::Authority};

/// A conversation with one of the two, and what was seen in it.
pub(super) struct Talk<'a> {
    authority: &'a Authority,
    pub(super) tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// Whether the server has said that nothing more comes.
    is_over: bool,
    pub(super) seen: Vec<String>,
}

impl<'a> Talk<'a> {
    pub(super) fn new(authority: &'a Authority, address: SocketAddr) -> Self {
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
    pub(super) fn send(&mut self, bytes: &[u8]) {
        let _ = self.tcp.write_all(bytes);
    }

    /// Waits for one byte in the clear.
    pub(super) fn byte(&mut self) {
        let mut byte = [0];
        let read = self.tcp.read(&mut byte);
        let told = read.map(|size| byte[..size].escape_ascii().to_string());
        self.seen
            .push(told.unwrap_or_else(|error| error.kind().to_string()));
    }

    /// What comes in the clear until the end, and which end.
    pub(super) fn rest(&mut self) {
        let mut rest = Vec::new();
        let end = match self.tcp.read_to_end(&mut rest) {
            Ok(_) => "FIN".to_owned(),
            Err(error) => error.kind().to_string(),
        };
        self.seen.push(format!("{} {end}", rest.escape_ascii()));
    }

    pub(super) fn begin(&mut self, versions: &[&'static SupportedProtocolVersion], alpn: &[&str]) {
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
    pub(super) fn flight(&mut self) -> Vec<u8> {
        let mut flight = Vec::new();
        while self.tls().wants_write() {
            self.tls().write_tls(&mut flight).unwrap();
        }
        flight
    }

    /// Handshakes, and notes what was agreed on or what went wrong.
    pub(super) fn shake_hands(&mut self) {
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
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.tls().writer().write_all(bytes).unwrap();
        let flight = self.flight();
        self.send(&flight);
    }

    /// The last thing a client says inside TLS.
    pub(super) fn say_goodbye(&mut self) {
        self.tls().send_close_notify();
        let flight = self.flight();
        self.send(&flight);
    }

    /// Waits for so many bytes inside TLS.
    pub(super) fn heard(&mut self, count: usize) {
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
    pub(super) fn heard_to_end(&mut self) {
        let heard = self.hear_all();
        self.seen.push(without_lines(&heard));
        self.rest();
    }

    /// Forgets what is said, which is a challenge with a new nonce each time, and notes the end.
    pub(super) fn hear_until_closed(&mut self) {
        let heard = self.hear_all();
        let error = String::from_utf8_lossy(&heard).into_owned();
        let error = error
            .split_once("SFATAL")
            .map(|(_, error)| without_lines(error.as_bytes()));
        self.seen.push(error.unwrap_or_default());
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

//! What is told about a connection through `tracing`.

use crate::support::{Gateway, eager, soon, startup};
use pgs_core::wire::{ProtocolVersion, client};
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};
use tracing::{Dispatch, level_filters::LevelFilter, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;

/// What was logged on this thread, which a test has for itself.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// While there is one subscriber alone, `tracing` asks only the thread that first comes by a message whether it is wanted,
/// and remembers that for all: it may be another test's. So there is one more, which wants nothing.
fn not_the_only_one() {
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| {
        let silent = tracing_subscriber::fmt().with_max_level(LevelFilter::OFF);
        Dispatch::new(silent.finish())
    });
}

impl Lines {
    fn gather(filter: &str) -> (Self, DefaultGuard) {
        not_the_only_one();
        let lines = Self::default();
        let log = tracing_subscriber::fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(lines.clone())
            .finish();
        (lines, tracing::subscriber::set_default(log))
    }

    /// The line with this message, as soon as it is there.
    async fn with_message(&self, message: &str) -> Value {
        let found = async {
            loop {
                if let Some(line) = self.find(message) {
                    return line;
                }
                tokio::task::yield_now().await;
            }
        };
        soon(found).await
    }

    fn find(&self, message: &str) -> Option<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut lines = lines.filter(|line: &Value| line["fields"]["message"] == message);
        lines.next()
    }
}

#[tokio::test]
async fn a_session_leaves_one_line_when_it_ends() {
    let (lines, _guard) = Lines::gather("pgs::access=info");
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    client.send(b"query").await;
    session.expect(b"query").await;
    let peer = client.0.local_addr().unwrap().to_string();
    client.finish().await;
    session.rest().await;
    drop(session);
    client.rest().await;

    let line = lines.with_message("session ended").await;
    assert_eq!(line["target"], "pgs::access");
    let fields = &line["fields"];
    for (name, value) in [
        ("tenant", json!("acme")),
        ("user", json!("acme")),
        ("database", json!("acme")),
        ("peer", json!(peer)),
        ("listener", json!(gateway.address.to_string())),
        ("login", json!("ok")),
        ("backend_pid", json!(7)),
        ("bytes_to_backend", json!(startup("acme").len() + 5)),
        ("end", json!("client")),
    ] {
        assert_eq!(fields[name], value, "{name} of {line}");
    }
    assert!(fields["seconds"].is_f64() && fields["login_ms"].is_f64());
    assert!(fields["tls"].is_null() && fields["application_name"].is_null());
}

#[tokio::test]
async fn a_refused_client_leaves_a_line_with_the_true_reason_and_harmless_names() {
    let (lines, _guard) = Lines::gather("pgs::access=info");
    let gateway = Gateway::open(eager());
    let mut packet = Vec::new();
    let names: [(&[u8], &[u8]); 2] = [
        (b"user", b"x\n{\"forged\":1}\x1B]0;\xFF"),
        (b"application_name", b"psql"),
    ];
    client::startup(ProtocolVersion::V3_0, names, &mut packet);
    let mut client = gateway.connect().await;
    client.send(&packet).await;
    client.rest().await;

    let fields = &lines.with_message("session refused").await["fields"];
    assert_eq!(fields["reason"], "unknown_tenant");
    assert_eq!(fields["user"], "x\\n{\"forged\":1}\\u{1b}]0;\\xff");
    assert_eq!(fields["application_name"], "psql");
    assert!(fields["tenant"].is_null());
}

#[tokio::test]
async fn a_connection_is_one_span_that_learns_who_it_is() {
    let (lines, _guard) = Lines::gather("debug");
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (client, session) = gateway.session(&backend).await;
    drop((client, session));

    let line = lines.with_message("session ended").await;
    let span = &line["span"];
    assert_eq!(span["name"], "connection");
    assert_eq!(span["tenant"], "acme");
    assert_eq!(span["user"], "acme");
    assert_eq!(span["listener"], gateway.address.to_string());
    assert_eq!(line["spans"].as_array().unwrap().len(), 1);
}

//! Every example runs as a user would run it, and says what it is there to say.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

fn run(program: &str) -> String {
    run_with(program, &[])
}

fn run_with(program: &str, args: &[&str]) -> String {
    let output = command(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    if let Some(bindir) = std::env::var_os("PGS_TEST_PG18_BINDIR") {
        command.env("PGS_PG_BINDIR", bindir);
    }
    command
}

#[test]
fn embed_runs() {
    let said = run(env!("CARGO_BIN_EXE_embed"));
    assert!(said.contains("acme on PostgreSQL 18"), "{said}");
}

#[test]
fn own_router_runs() {
    assert_eq!(
        run(env!("CARGO_BIN_EXE_own_router")).trim(),
        "4711@legacy is acme in acme"
    );
}

#[test]
fn containers_runs() {
    let Some(docker) = testkit::Docker::find("the example of Docker tenants") else {
        return;
    };
    let said = run_with(env!("CARGO_BIN_EXE_containers"), &[&docker.image_18]);
    assert!(said.contains("PostgreSQL 18 in a container"), "{said}");
    assert!(
        said.contains("the next start brings shared_buffers"),
        "{said}"
    );
    assert!(
        said.contains("it uses ") && !said.contains("it uses 0 kB"),
        "{said}"
    );
}

#[test]
fn saas_axum_serves_each_customer_from_a_server_of_its_own() {
    let mut service = Service::start();
    for customer in ["acme", "globex"] {
        let (status, body) = service.post("/customers", "", &format!(r#"{{"name":"{customer}"}}"#));
        assert_eq!(status, 201, "{body}");
        assert!(body.contains(r#""postgresql":18"#), "{body}");
    }
    let note = |text: &str| format!(r#"{{"text":"{text}"}}"#);
    let added = service.post("/notes", "acme", &note("of acme"));
    assert_eq!(added, (201, r#"{"id":1,"text":"of acme"}"#.to_owned()));
    let added = service.post("/notes", "globex", &note("of globex"));
    assert_eq!(added, (201, r#"{"id":1,"text":"of globex"}"#.to_owned()));
    let own = |customer| service.get("/notes", customer);
    assert_eq!(
        own("acme"),
        (200, r#"[{"id":1,"text":"of acme"}]"#.to_owned())
    );
    assert_eq!(
        own("globex"),
        (200, r#"[{"id":1,"text":"of globex"}]"#.to_owned())
    );

    assert_eq!(service.get("/notes", "nobody").0, 404);
    assert_eq!(service.get("/notes", "No Name").0, 400);
    assert_eq!(service.get("/notes", "").0, 400);
    assert_eq!(service.post("/customers", "", r#"{"name":"acme"}"#).0, 409);
    assert_eq!(service.post("/customers", "", r#"{"name":"pg_x"}"#).0, 400);
    service.stop();
}

/// The example's program, and its address.
struct Service {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Service {
    fn start() -> Self {
        let mut child = command(env!("CARGO_BIN_EXE_saas_axum"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        let address = address.to_owned();
        Self {
            child,
            lines,
            address,
        }
    }

    fn get(&self, path: &str, customer: &str) -> (u16, String) {
        self.ask("GET", path, customer, "")
    }

    fn post(&self, path: &str, customer: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, customer, body)
    }

    /// The status and the body of the answer.
    fn ask(&self, method: &str, path: &str, customer: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let who = if customer.is_empty() {
            String::new()
        } else {
            format!("x-customer: {customer}\r\n")
        };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: example\r\nconnection: close\r\n{who}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// As a service manager would.
    fn stop(&mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").arg(pid).status().unwrap();
        assert!(told.success());
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "stopped\n");
        assert!(self.child.wait().unwrap().success());
    }
}

/// Only where the test failed.
impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

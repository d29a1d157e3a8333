//! What can be seen of a running `pgs serve`, with real sessions.

use crate::support::House;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PASSWORD: &str = "observed";

/// A running `pgs serve` that serves metrics and logs its sessions to a file.
struct Watched {
    child: Child,
    port: u16,
    metrics: SocketAddr,
}

impl Watched {
    fn start(house: &House, prepare: impl FnOnce(Command) -> Command) -> Self {
        let log = house.path().join("access.log");
        let config = format!(
            "[serve]\naccess_log = \"json\"\naccess_log_file = \"{}\"\n",
            log.display()
        );
        fs::write(house.path().join("pgs.toml"), config).unwrap();
        let serve = ["--json", "serve", "--listen", "127.0.0.1:0"];
        let command = house.command(&[&serve[..], &["--metrics", "127.0.0.1:0"]].concat());
        let mut child = prepare(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while serde_json::from_str::<Value>(&text).is_err() {
            assert_ne!(lines.read_line(&mut text).unwrap(), 0, "{text}");
        }
        let said: Value = serde_json::from_str(&text).unwrap();
        let address = |value: &Value| value.as_str().unwrap().parse::<SocketAddr>().unwrap();
        Self {
            child,
            port: address(&said["listening"][0]).port(),
            metrics: address(&said["metrics"]),
        }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn psql(&self, tenant: &str, password: &str) -> Command {
        let mut psql = crate::support::psql_command(self.port, tenant, password);
        psql.stderr(Stdio::null());
        psql
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A session that lasts until its standard input ends.
fn stay(mut psql: Command) -> Child {
    let mut child = psql
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.as_mut().unwrap();
    input.write_all(b"select 'here';\n").unwrap();
    input.flush().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.as_mut().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");
    child
}

/// The log's lines as soon as there are this many.
fn lines(house: &House, count: usize) -> Vec<Value> {
    let path = house.path().join("access.log");
    let read = || fs::read_to_string(&path).unwrap_or_default();
    let is_there = |text: &str| text.ends_with('\n') && text.lines().count() >= count;
    until(|| is_there(&read()));
    let text = read();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// Looks until it is so.
fn until(is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "it never came");
        std::thread::yield_now();
    }
}

#[test]
fn sessions_are_seen_while_they_live_and_logged_when_they_end() {
    let house = House::new();
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
    let served = Watched::start(&house, |command| command);
    let mut sessions = [
        stay(served.psql("acme", PASSWORD)),
        stay(served.psql("acme", PASSWORD)),
    ];
    assert!(!served.psql("acme", "wrong").status().unwrap().success());
    assert!(!served.psql("nobody", "x").status().unwrap().success());
    lines(&house, 2);

    let top = house.json(&["top", "--once"]);
    assert_eq!(top["processes"][0]["pid"], served.child.id());
    let tenants = top["tenants"].as_array().unwrap();
    assert_eq!(tenants.len(), 1);
    for (field, value) in [("sessions", 2), ("logins", 3), ("failed_logins", 1)] {
        assert_eq!(tenants[0][field], value, "{field} of {top}");
    }
    assert_eq!(tenants[0]["tenant"], "acme");
    let one = house.json(&["top", "--once", "--tenant", "acme"]);
    assert_eq!(one["sessions"][1]["state"], "ready");
    assert_eq!(one["sessions"][1]["application_name"], "psql");
    let shown = house.json(&["show", "acme"]);
    assert_eq!(shown["proxy_sessions"].as_array().unwrap().len(), 2);
    assert_eq!(shown["bans"], Value::Array(Vec::new()));
    assert!(house.ok(&["top"]).contains("SESSIONS"));
    let metrics = served.get("/metrics");
    assert!(metrics.contains("\npgs_tenant_sessions_live{tenant=\"acme\"} 2\n"));
    assert!(
        metrics.contains("\npgs_login_seconds_count 2\n"),
        "{metrics}"
    );

    for session in &mut sessions {
        drop(session.stdin.take());
        assert!(session.wait().unwrap().success());
    }
    let log = lines(&house, 4);
    let count = |name: &str, value: &str| log.iter().filter(|line| line[name] == value).count();
    assert_eq!(count("login", "failed"), 1);
    assert_eq!(count("reason", "unknown_tenant"), 1);
    assert_eq!((count("login", "ok"), count("user", "acme")), (2, 3));
    assert!(log.iter().all(|line| line["peer"].is_string()));
}

#[test]
fn without_a_proxy_top_says_how_to_start_one() {
    let house = House::new();
    assert!(house.ok(&["top"]).contains("pgs serve"));
    assert_eq!(house.json(&["top"])["processes"], Value::Array(Vec::new()));
}

#[test]
fn a_log_that_was_moved_away_is_opened_again() {
    let house = House::new();
    let served = Watched::start(&house, |command| command);
    assert!(!served.psql("nobody", "x").status().unwrap().success());
    lines(&house, 1);
    let path = house.path().join("access.log");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    fs::rename(&path, house.path().join("access.log.1")).unwrap();
    served.signal("-HUP");
    until(|| path.exists());
    assert!(!served.psql("nobody", "x").status().unwrap().success());
    assert_eq!(lines(&house, 1)[0]["reason"], "unknown_tenant");
}

#[test]
fn a_proxy_that_drains_is_alive_and_not_ready() {
    let house = House::new();
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
    let served = Watched::start(&house, |command| command);
    let mut session = stay(served.psql("acme", PASSWORD));
    assert!(served.get("/readyz").starts_with("HTTP/1.1 200"));
    served.signal("-TERM");
    until(|| served.get("/readyz").starts_with("HTTP/1.1 503"));
    assert!(served.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(served.get("/metrics").contains("\npgs_draining 1\n"));
    assert_eq!(house.json(&["top"])["processes"][0]["draining"], true);
    drop(session.stdin.take());
    assert!(session.wait().unwrap().success());
}

#[test]
fn running_out_of_descriptors_does_not_end_the_metrics() {
    let house = House::new();
    let served = Watched::start(&house, |command| {
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "ulimit -n 48 && exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::null());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        limited
    });
    let connect = || TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    let flood: Vec<_> = (0..60).map(|_| connect()).collect();
    let mut waiting = TcpStream::connect(served.metrics).unwrap();
    waiting
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    drop(flood);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

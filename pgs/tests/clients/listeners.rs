//! One proxy that listens in many places: IPv4, IPv6, Unix sockets, and behind a load balancer.

use crate::{
    common::Stage,
    peers::{client, program_18, psqls, said},
};
use pgs::{Disclosure, ListenAddress, ListenerPolicy, Proxy, ProxyConfig, UnixAddress};
use std::{net::TcpListener, path::Path, process::Command};
use testkit::{Program, skip, until};

fn open(stage: &Stage, limits: ProxyConfig, listeners: &[(String, ListenerPolicy)]) -> Proxy {
    let mut builder = Proxy::builder(stage.pgs()).limits(limits);
    for (address, policy) in listeners {
        builder = builder.listen_with(address, policy.clone());
    }
    stage.run("start a proxy", builder.start()).unwrap()
}

/// psql through what listens at this host and port.
fn psql(stage: &Stage, psql: &Path, tenant: &str, host: &str, port: u16) -> Command {
    let mut command = client(stage, psql, tenant);
    command
        .env("PGHOST", host)
        .env("PGPORT", port.to_string())
        .args(["--no-psqlrc", "-At", "-c", "SELECT current_user"]);
    command
}

fn trusting(network: &str) -> ListenerPolicy {
    let mut policy = ListenerPolicy::default();
    policy.proxy_protocol = Some([network.parse().unwrap()].into_iter().collect());
    policy
}

#[test]
fn psql_comes_in_by_every_kind_of_listener() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let folder = testkit::state_dir();
    let unix = format!("unix:{}:6432", folder.path().display());
    let listeners = ["127.0.0.1:0", "[::1]:0", &unix, "127.0.0.1:0"];
    let listeners = listeners.map(|address| (address.to_owned(), ListenerPolicy::default()));
    let proxy = open(&stage, ProxyConfig::default(), &listeners);
    assert_eq!(proxy.addresses().len(), 4);
    for address in proxy.addresses() {
        let (host, port) = match address {
            ListenAddress::Unix(address) => {
                (address.folder().display().to_string(), address.port())
            }
            ListenAddress::Tcp(address) => (address.ip().to_string(), address.port()),
            other => panic!("{other:?}"),
        };
        for (name, program) in psqls() {
            let mut command = psql(&stage, &program, "acme", &host, port);
            assert_eq!(
                Program::succeed(&mut command),
                "acme\n",
                "{name}, {address}"
            );
            let url = stage.pgs().url(&"acme".parse().unwrap(), address.clone());
            let mut by_url = client(&stage, &program, "acme");
            by_url.args(["--no-psqlrc", "-At", "-c", "SELECT current_user", &url]);
            assert_eq!(Program::succeed(&mut by_url), "acme\n", "{name}, {url}");
        }
    }
    stage.run("shut the proxy down", proxy.shutdown());
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "the socket and its lock are gone");
}

/// libpq never asks for encryption on a Unix socket, whatever the mode.
#[test]
fn a_unix_socket_needs_no_encryption() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let folder = testkit::state_dir();
    let unix = format!("unix:{}", folder.path().display());
    let _proxy = open(
        &stage,
        ProxyConfig::default(),
        &[(unix, ListenerPolicy::default())],
    );
    let host = folder.path().display().to_string();
    for (name, program) in psqls() {
        // The psql 18 of the tests is built without encryption.
        let sslmodes: &[_] = match name {
            "psql 18" => &["prefer"],
            _ => &["prefer", "require"],
        };
        for sslmode in sslmodes {
            let mut command = psql(&stage, &program, "acme", &host, 5432);
            command.env("PGSSLMODE", sslmode);
            assert_eq!(
                Program::succeed(&mut command),
                "acme\n",
                "{name}, {sslmode}"
            );
        }
    }
}

#[test]
fn ipv4_and_ipv6_may_have_the_same_port_on_every_interface() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let port = free_port();
    let listeners =
        ["0.0.0.0", "[::]"].map(|host| (format!("{host}:{port}"), ListenerPolicy::default()));
    let _proxy = open(&stage, ProxyConfig::default(), &listeners);
    for host in ["127.0.0.1", "::1"] {
        let mut command = psql(&stage, &program_18("psql"), "acme", host, port);
        assert_eq!(Program::succeed(&mut command), "acme\n", "{host}");
    }
}

#[test]
fn a_socket_that_is_taken_is_named() {
    let stage = Stage::shared();
    let folder = testkit::state_dir();
    let unix = format!("unix:{}", folder.path().display());
    let _first = open(
        &stage,
        ProxyConfig::default(),
        &[(unix.clone(), ListenerPolicy::default())],
    );
    for (address, policy, complaint) in [
        (unix.clone(), ListenerPolicy::default(), "listens on"),
        (unix, trusting("::1/128"), "makes no sense"),
        (
            "unix:/no/such/folder".to_owned(),
            ListenerPolicy::default(),
            "does not exist",
        ),
        (
            format!("unix:/{}", "x".repeat(100)),
            ListenerPolicy::default(),
            "cannot listen",
        ),
    ] {
        let builder = Proxy::builder(stage.pgs()).listen_with(&address, policy);
        let error = stage.run("start a proxy", builder.start()).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
        assert!(error.to_string().contains(&address), "{error}");
    }
}

/// The balancer is one address; its clients are as many as they are.
#[test]
fn a_real_haproxy_tells_where_its_clients_are() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let Some(haproxy) = find_haproxy() else {
        return skip(
            "a real HAProxy",
            "it is not installed; cargo xtask setup --bench does that",
        );
    };
    let limits = ProxyConfig {
        max_sessions_per_address: Some(1),
        disclose: Disclosure::Loopback,
        ..ProxyConfig::default()
    };
    let proxy = open(
        &stage,
        limits,
        &[("127.0.0.1:0".to_owned(), trusting("127.0.0.1/32"))],
    );
    let balancer = Balancer::in_front_of(&proxy, haproxy);
    let try_in = |host: &str, tenant: &str, query: &str| {
        let mut command = psql(&stage, &program_18("psql"), tenant, host, balancer.port);
        command.args(["-c", query]);
        said(&Program::run(&mut command))
    };

    let first = Held::open(&stage, &proxy, "::1", balancer.port);
    let second = try_in("::1", "acme", "SELECT 1");
    assert!(
        second.contains("sorry, too many clients already"),
        "{second}"
    );
    for host in ["127.0.0.1", balancer.folder.to_str().unwrap()] {
        let other = try_in(host, "acme", "SELECT 2");
        assert_eq!(other, "acme\n2\n", "{host}");
    }
    drop(first);
    for host in ["127.0.0.1", balancer.folder.to_str().unwrap()] {
        let told = try_in(host, "nobody", "SELECT 3");
        assert!(told.contains("password authentication failed"), "{told}");
    }
}

/// A psql that stays.
struct Held(#[expect(dead_code, reason = "it ends with the value")] Program);

impl Held {
    fn open(stage: &Stage, proxy: &Proxy, host: &str, port: u16) -> Self {
        let mut command = psql(stage, &program_18("psql"), "acme", host, port);
        command.args(["-c", "SELECT pg_sleep(600)"]);
        let held = Program::start(&mut command);
        until("psql is in", || {
            proxy.counters().snapshot().live_sessions == 1
        });
        Self(held)
    }
}

struct Balancer {
    port: u16,
    folder: std::path::PathBuf,
    _program: Program,
    _directory: tempfile::TempDir,
}

impl Balancer {
    fn in_front_of(proxy: &Proxy, haproxy: &Path) -> Self {
        let directory = testkit::state_dir();
        let folder = directory.path().to_owned();
        let port = free_port();
        let socket = UnixAddress::new(&folder, port).path();
        let config = folder.join("haproxy.cfg");
        let text = format!(
            "defaults\n mode tcp\n timeout connect 5s\n timeout client 10m\n timeout server 10m\n\
             listen postgresql\n bind 127.0.0.1:{port}\n bind [::1]:{port}\n bind unix@{}\n \
             server pgs {} send-proxy-v2 proxy-v2-options crc32c\n",
            socket.display(),
            proxy.address()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Program::command(haproxy);
        command.args(["-db", "-q", "-f"]).arg(&config);
        let program = Program::start(&mut command);
        until("HAProxy listens", || {
            socket.exists() && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            port,
            folder,
            _program: program,
            _directory: directory,
        }
    }
}

fn find_haproxy() -> Option<&'static Path> {
    let places = [
        "/usr/sbin/haproxy",
        "/usr/local/sbin/haproxy",
        "/usr/bin/haproxy",
    ];
    places
        .map(Path::new)
        .into_iter()
        .find(|place| place.is_file())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

//! Certificates of `pgs serve`, made and replaced.

use crate::support::House;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStderr, Stdio},
};
use testkit::certificates::{Authority, write_key};

/// A running `pgs serve` whose log is read.
struct Logged {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Logged {
    fn start(house: &House, args: &[&str]) -> Self {
        let serve = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        let mut child = house
            .command(&serve)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut listening = String::new();
        said.read_line(&mut listening).unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut logged = Self { child, lines };
        assert!(
            listening.starts_with("Listening on"),
            "{listening}{}",
            logged.rest()
        );
        logged
    }

    fn hang_up(&self) {
        kill_process(Pid::from_child(&self.child), Signal::HUP).unwrap();
    }

    /// The next line with this text in it.
    fn says(&mut self, text: &str) -> String {
        self.lines
            .find_map(|line| line.ok().filter(|line| line.contains(text)))
            .unwrap_or_else(|| panic!("it never said: {text}"))
    }

    fn rest(&mut self) -> String {
        drop(self.child.kill());
        self.lines.by_ref().map_while(Result::ok).collect()
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_first_certificate_is_made_with_the_lines_that_use_it() {
    let house = House::new();
    let told = house.ok(&["tls", "self-signed", "--name", "db.test"]);
    let cert = house.path().join("tls/server.crt");
    let key = house.path().join("tls/server.key");
    for line in [
        "[serve.tls]".to_owned(),
        format!("cert = \"{}\"", cert.display()),
        format!("key = \"{}\"", key.display()),
        format!("sslmode=verify-full sslrootcert={}", cert.display()),
        "host=db.test".to_owned(),
    ] {
        assert!(told.contains(&line), "{line}: {told}");
    }
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        house.fails(&["tls", "self-signed"]),
        (4, "already_exists".to_owned())
    );

    let (cert, key) = (cert.to_str().unwrap(), key.to_str().unwrap());
    let mut served = Logged::start(&house, &["--tls-cert", cert, "--tls-key", key]);
    served.hang_up();
    served.says("the certificates in use are those in their files");
}

#[test]
fn a_hangup_reads_the_certificates_again() {
    let house = House::new();
    let authority = Authority::new("the authority");
    let (cert, key) = authority
        .server(&["localhost"])
        .write(house.path(), "server");
    let config = format!(
        "[serve.tls]\ncert = {cert:?}\nkey = {key:?}\n[[serve.listener]]\naddress = \"127.0.0.1:5432\"\ntls = \"require\"\n"
    );
    fs::write(house.path().join("pgs.toml"), config).unwrap();
    let mut served = Logged::start(&house, &[]);
    authority
        .server(&["localhost"])
        .write(house.path(), "server");
    served.hang_up();
    served.says("a new certificate is in use from the next connection on");
    fs::write(&cert, "nonsense").unwrap();
    served.hang_up();
    let refused = served.says("a certificate was not replaced, the old one stays in use");
    assert!(refused.contains("server.crt"), "{refused}");
    assert!(refused.contains("-----BEGIN CERTIFICATE-----"), "{refused}");
}

#[test]
fn what_cannot_be_served_with_is_said_before_anything_is_served() {
    let house = House::new();
    let authority = Authority::new("the authority");
    let (cert, key) = authority
        .server(&["localhost"])
        .write(house.path(), "server");
    let (_, other) = authority
        .server(&["localhost"])
        .write(house.path(), "other");
    let serve = |key: &str| {
        house.fails(&[
            "serve",
            "--tls-cert",
            cert.to_str().unwrap(),
            "--tls-key",
            key,
        ])
    };
    assert_eq!(serve(other.to_str().unwrap()).1, "invalid_input");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(serve(key.to_str().unwrap()).1, "permission_denied");
    write_key(&key, "no key at all");
    let config = "[[serve.listener]]\naddress = \"127.0.0.1:0\"\ntls = \"require\"\n";
    fs::write(house.path().join("pgs.toml"), config).unwrap();
    assert_eq!(house.fails(&["serve"]).1, "invalid_input");
}

#[test]
fn a_url_says_that_tls_is_required() {
    let house = House::new();
    let config = "[serve.tls]\ncert = \"c\"\nkey = \"k\"\n[[serve.listener]]\naddress = \"127.0.0.1:6543\"\ntls = \"require\"\n";
    house.ok(&["create", "acme"]);
    assert!(!house.ok(&["url", "acme"]).contains("sslmode"));
    fs::write(house.path().join("pgs.toml"), config).unwrap();
    assert_eq!(
        house.ok(&["url", "acme"]),
        "postgresql://acme@127.0.0.1:6543/acme?sslmode=require\n"
    );
}

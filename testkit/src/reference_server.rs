use crate::{Program, RawClient, message, postgresql, state_dir, until};
use rustix::process::Signal;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::chown,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A real server that clients reach directly: what it says is right.
///
/// It is set up like a tenant's, except that it listens on a TCP port of this machine.
#[derive(Debug)]
pub struct ReferenceServer {
    address: SocketAddr,
    postmaster: Program,
    _directory: TempDir,
}

/// The reference server's superuser, as in a tenant's server.
const ADMIN: &str = "pgs_admin";
const ADMIN_PASSWORD: &str = "of the reference server";

impl ReferenceServer {
    /// Sets a server of this major version up, with these roles, their passwords and a database for each.
    pub fn start(major: u16, roles: &[(&str, &str)]) -> Self {
        let bindir = postgresql::bindir(major);
        let directory = state_dir();
        let data = directory.path().join("data");
        initialise(&bindir, &data);
        let (postmaster, address) = start(&bindir, &data);
        let server = Self {
            address,
            postmaster,
            _directory: directory,
        };
        server.furnish(roles);
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to it.
    pub fn connect(&self) -> RawClient {
        RawClient::tcp(self.address)
    }

    /// A session of its superuser.
    pub fn admin(&self) -> RawClient {
        admin(self.address)
    }

    fn furnish(&self, roles: &[(&str, &str)]) {
        let mut admin = self.admin();
        for (name, password) in roles {
            admin.rows(&format!(
                "CREATE ROLE \"{name}\" LOGIN CREATEDB CREATEROLE PASSWORD '{password}'"
            ));
            admin.rows(&format!("CREATE DATABASE \"{name}\" OWNER \"{name}\""));
        }
        for database in ["postgres", "template1"] {
            admin.rows(&format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"));
        }
    }
}

impl Drop for ReferenceServer {
    fn drop(&mut self) {
        self.postmaster.end(Signal::QUIT);
    }
}

fn initialise(bindir: &Path, data: &Path) {
    let secret = data.with_file_name("secret");
    fs::write(&secret, ADMIN_PASSWORD).expect("the directory is ours");
    fs::create_dir(data).expect("the directory is ours");
    if let Some(user) = postgresql::os_user() {
        let found = nix::unistd::User::from_name(user.name()).ok().flatten();
        let uid = found.map(|user| user.uid.as_raw());
        for path in [data, &secret] {
            chown(path, uid, None).expect("root may give files away");
        }
    }
    let mut initdb = Program::as_server(&bindir.join("initdb"));
    initdb
        .args([
            "--username",
            ADMIN,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ])
        .args(["--data-checksums", "--no-sync", "--no-instructions"]);
    if knows_builtin_locales(bindir) {
        initdb.args(["--locale-provider=builtin", "--locale=C.UTF-8"]);
    } else {
        initdb.arg("--no-locale");
    }
    initdb
        .arg("--pwfile")
        .arg(&secret)
        .arg("--pgdata")
        .arg(data);
    Program::succeed(&mut initdb);
}

fn knows_builtin_locales(bindir: &Path) -> bool {
    Program::succeed(Program::command(bindir.join("initdb")).arg("--help")).contains("builtin")
}

/// `PostgreSQL` cannot be told to choose a port, so ports are tried until one is free.
fn start(bindir: &Path, data: &Path) -> (Program, SocketAddr) {
    loop {
        // Below what systems choose for themselves.
        let port = rand::random_range(10_000..30_000_u16);
        let mut postgres = Program::as_server(&bindir.join("postgres"));
        postgres.arg("-D").arg(data).args(["-p", &port.to_string()]);
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let mut postmaster = Program::start(&mut postgres);
        until("the reference server starts", || {
            !postmaster.is_running() || is_ready(data, postmaster.pid())
        });
        if postmaster.is_running() {
            return (postmaster, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
        let said = String::from_utf8_lossy(&postmaster.output().stderr).into_owned();
        assert!(
            said.contains("Address already in use"),
            "the reference server: {said}"
        );
    }
}

/// The eighth line of `postmaster.pid` says so; the first says whose file it is.
fn is_ready(data: &Path, pid: u32) -> bool {
    let path: PathBuf = data.join("postmaster.pid");
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |number| text.lines().nth(number).unwrap_or_default().trim();
    line(0) == pid.to_string() && line(7) == "ready"
}

fn admin(address: SocketAddr) -> RawClient {
    let mut client = RawClient::tcp(address);
    let startup =
        message::startup_with(message::V3_0, &[("user", ADMIN), ("database", "postgres")]);
    let greeting = client.login(&startup, ADMIN_PASSWORD);
    assert!(greeting.is_ready(), "{greeting:?}");
    client
}

const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "password_encryption=scram-sha-256",
    "client_connection_check_interval=10s",
    "fsync=off",
    "log_min_messages=log",
];

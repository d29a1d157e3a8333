use crate::{Program, RawClient, TlsClient, message, postgresql, state_dir, until};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, test_kill_process, waitpid};
use std::{
    fs::{self, File, Permissions},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

/// A real server that clients reach directly: what it says is right.
///
/// It is set up like a tenant's, except that it listens on a TCP port of this machine.
#[derive(Debug)]
pub struct ReferenceServer {
    address: SocketAddr,
    pid: Pid,
    data: PathBuf,
    /// What it lives in, if it dies with this value.
    directory: Option<TempDir>,
    /// How its superuser comes in, if it speaks TLS.
    tls: Option<TlsClient>,
}

/// The reference server's superuser, as in a tenant's server.
const ADMIN: &str = "pgs_admin";
const ADMIN_PASSWORD: &str = "of the reference server";

impl ReferenceServer {
    /// Sets a server of this major version up, with these roles, their passwords and a database for each.
    pub fn start(major: u16, roles: &[(&str, &str)]) -> Self {
        let directory = state_dir();
        let mut server = Self::leave_running(directory.path(), major, roles);
        server.directory = Some(directory);
        server
    }

    /// Sets one up that speaks TLS with this certificate and its key, from other programs: not every build can.
    pub fn with_tls(bindir: &Path, roles: &[(&str, &str)], tls: &ServerTls<'_>) -> Self {
        let directory = state_dir();
        let data = directory.path().join("data");
        initialise(bindir, &data);
        tls.write(&data);
        start(bindir, &data, &TLS_SETTINGS);
        let mut server = Self::found_in(directory.path()).expect("it has just been started");
        server.directory = Some(directory);
        server.tls = Some(TlsClient::trusting(tls.authority));
        server.furnish(roles);
        server
    }

    /// Sets one up that outlives this value and even this process, until somebody [`stop`](Self::stop)s it.
    pub fn leave_running(directory: &Path, major: u16, roles: &[(&str, &str)]) -> Self {
        let bindir = postgresql::bindir(major);
        let data = directory.join("data");
        initialise(&bindir, &data);
        start(&bindir, &data, &[]);
        let server = Self::found_in(directory).expect("it has just been started");
        server.furnish(roles);
        server
    }

    /// The one that was left running there, if it is.
    pub fn found_in(directory: &Path) -> Option<Self> {
        let data = directory.join("data");
        let state = PidFile::read(&data).filter(|state| state.is_ready)?;
        test_kill_process(state.pid).ok()?;
        Some(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, state.port)),
            pid: state.pid,
            data,
            directory: None,
            tls: None,
        })
    }

    /// Ends it at once.
    pub fn stop(&self) {
        if self.is_there() {
            // What it holds is thrown away.
            let _ = kill_process(self.pid, Signal::QUIT);
            until("the reference server stops", || is_over(self.pid));
        }
    }

    /// Its process number and its port may be somebody else's by now, its password and its directory are not.
    fn is_there(&self) -> bool {
        if TcpStream::connect(self.address).is_err() {
            return false;
        }
        let mut client = self.admins_connection();
        client.login(&admin_startup(), ADMIN_PASSWORD).is_ready()
            && Path::new(&client.value("SHOW data_directory")) == self.data
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
        let mut client = self.admins_connection();
        let greeting = client.login(&admin_startup(), ADMIN_PASSWORD);
        assert!(greeting.is_ready(), "{greeting:?}");
        client
    }

    fn admins_connection(&self) -> RawClient {
        match &self.tls {
            Some(tls) => tls.after_a_request(self.connect()),
            None => self.connect(),
        }
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

/// What a server speaks TLS with. All of it is PEM.
#[derive(Clone, Copy, Debug)]
pub struct ServerTls<'a> {
    /// The certificate.
    pub certificate: &'a str,
    /// Its key.
    pub key: &'a str,
    /// Who signed it.
    pub authority: &'a str,
    /// Which lines there are in `pg_hba.conf`.
    pub hba: &'a str,
}

impl ServerTls<'_> {
    fn write(&self, data: &Path) {
        for (name, text) in [
            ("server.crt", self.certificate),
            ("server.key", self.key),
            ("pg_hba.conf", self.hba),
        ] {
            let path = data.join(name);
            fs::write(&path, text).expect("the directory is ours");
            let private = Permissions::from_mode(0o600);
            fs::set_permissions(&path, private).expect("the file is ours");
            give_to_server(&path);
        }
    }
}

impl Drop for ReferenceServer {
    fn drop(&mut self) {
        if self.directory.is_some() {
            self.stop();
        }
    }
}

fn initialise(bindir: &Path, data: &Path) {
    let secret = data.with_file_name("secret");
    fs::write(&secret, ADMIN_PASSWORD).expect("the directory is ours");
    fs::create_dir(data).expect("the directory is ours");
    for path in [data, &secret] {
        give_to_server(path);
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

fn give_to_server(path: &Path) {
    if let Some(user) = postgresql::os_user() {
        let found = nix::unistd::User::from_name(user.name()).ok().flatten();
        let uid = found.map(|user| user.uid.as_raw());
        chown(path, uid, None).expect("root may give files away");
    }
}

fn knows_builtin_locales(bindir: &Path) -> bool {
    Program::succeed(Program::command(bindir.join("initdb")).arg("--help")).contains("builtin")
}

/// `PostgreSQL` cannot be told to choose a port, so ports are tried until one is free.
fn start(bindir: &Path, data: &Path, settings: &[&str]) {
    let log = data.with_file_name("log");
    loop {
        // Below what systems choose for themselves.
        let port = rand::random_range(10_000..30_000_u16);
        let mut postgres = Program::as_server(&bindir.join("postgres"));
        postgres.arg("-D").arg(data).args(["-p", &port.to_string()]);
        for setting in SETTINGS.iter().chain(settings) {
            postgres.args(["-c", setting]);
        }
        // Whoever waits for the end of the test's output does not wait for the server's.
        let file = File::create(&log).expect("the directory is ours");
        postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file);
        let mut postmaster = postgres
            .process_group(0)
            .spawn()
            .expect("initdb runs, so does postgres");
        let pid = Pid::from_child(&postmaster);
        let mut ended = false;
        until("the reference server starts", || {
            ended = !matches!(postmaster.try_wait(), Ok(None));
            ended || PidFile::read(data).is_some_and(|file| file.is_ready && file.pid == pid)
        });
        if !ended {
            return;
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        assert!(
            said.contains("Address already in use"),
            "the reference server: {said}"
        );
    }
}

/// What `postmaster.pid` says (`src/include/utils/pidfile.h`).
struct PidFile {
    pid: Pid,
    port: u16,
    is_ready: bool,
}

impl PidFile {
    fn read(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let line = |number| text.lines().nth(number).map(str::trim);
        Some(Self {
            pid: Pid::from_raw(line(0)?.parse().ok()?)?,
            port: line(3)?.parse().ok()?,
            is_ready: line(7) == Some("ready"),
        })
    }
}

/// Its own child leaves a process behind until it is asked about.
fn is_over(pid: Pid) -> bool {
    let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    test_kill_process(pid).is_err()
}

fn admin_startup() -> Vec<u8> {
    message::startup_with(message::V3_0, &[("user", ADMIN), ("database", "postgres")])
}

const TLS_SETTINGS: [&str; 1] = ["ssl=on"];
const SETTINGS: [&str; 7] = [
    "max_connections=400",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "password_encryption=scram-sha-256",
    "client_connection_check_interval=10s",
    "fsync=off",
    "log_min_messages=log",
];

//! What stands behind the peers: a PostgreSQL server, or one that only answers.

use std::fs::{self, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::daemon::{Daemon, free_port};
use super::site::Site;
use crate::shell;

#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    /// The directory of its socket, which is named after the port.
    pub(super) socket_dir: PathBuf,
    pub(super) asks_password: bool,
    _daemon: Daemon,
}

impl Server {
    /// PostgreSQL as it comes, durable, with SCRAM for everybody; the role `bench` owns pgbench's tables.
    pub(super) fn postgresql(site: &Site) -> Result<Self> {
        let data = site.path("data");
        let password = site.write("password", PASSWORD)?;
        shell::read(
            site.unprivileged(&mut site.postgresql("initdb"))
                .args([
                    "--username=bench",
                    "--auth=scram-sha-256",
                    "--locale=C",
                    "--encoding=UTF8",
                ])
                .arg("--pwfile")
                .arg(password)
                .arg(&data),
        )?;
        let (port, socket_dir) = (free_port()?, site.path("postgresql"));
        fs::create_dir(&socket_dir)?;
        open_to_all(&socket_dir)?;
        let log = site.path("postgresql.log");
        let mut command = site.postgresql("postgres");
        let command = site.unprivileged(&mut command).arg("-D").arg(&data).args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
        ]);
        command
            .arg("-c")
            .arg(format!("unix_socket_directories={}", socket_dir.display()));
        command.args(["-c", "max_connections=300", "-c", "shared_buffers=256MB"]);
        let mut daemon = Daemon::start("postgresql", command, &log)?;
        daemon.wait_until(&log, || {
            let mut ready = site.postgresql("pg_isready");
            shell::succeeds(
                ready
                    .arg("-h")
                    .arg(&socket_dir)
                    .args(["-p", &port.to_string()]),
            )
        })?;
        Ok(Self {
            port,
            socket_dir,
            asks_password: true,
            _daemon: daemon,
        })
    }

    pub(super) fn create_database(&self, site: &Site) -> Result<()> {
        let mut createdb = site.postgresql("createdb");
        createdb
            .arg("-h")
            .arg(&self.socket_dir)
            .args(["-p", &self.port.to_string()]);
        createdb
            .args(["-U", "bench", "bench"])
            .env("PGPASSWORD", PASSWORD);
        shell::read(&mut createdb).map(drop)
    }

    pub(super) fn fake(site: &Site) -> Result<Self> {
        let (port, socket_dir) = (free_port()?, site.path("fake"));
        fs::create_dir(&socket_dir)?;
        open_to_all(&socket_dir)?;
        let log = site.path("fake.log");
        let mut command = site.ours("bench-helper");
        command
            .args(["backend", "--tcp"])
            .arg(loopback(port).to_string());
        command
            .arg("--unix")
            .arg(socket_dir.join(format!(".s.PGSQL.{port}")));
        // Not as the peers' user: the workspace may lie where only its owner looks, and the socket is for everybody.
        let mut daemon = Daemon::start("the fake server", &mut command, &log)?;
        daemon.wait_until(&log, || listens(port))?;
        open_to_all(&socket_dir.join(format!(".s.PGSQL.{port}")))?;
        Ok(Self {
            port,
            socket_dir,
            asks_password: false,
            _daemon: daemon,
        })
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.socket_dir.join(format!(".s.PGSQL.{}", self.port))
    }
}

/// To root and to the peers' user, whichever of them made it.
fn open_to_all(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o777))
}

pub(super) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

pub(super) fn listens(port: u16) -> bool {
    TcpStream::connect(loopback(port)).is_ok()
}

/// Of a server that lives for minutes on this machine only.
pub(super) const PASSWORD: &str = "bench-only";

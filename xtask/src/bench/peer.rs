//! The ways to a server that are compared, and how each proxy is configured.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::certificate::Certificate;
use super::daemon::{Daemon, free_port};
use super::haproxy::Haproxy;
use super::server::{PASSWORD, Server, listens, loopback};
use super::site::Site;

/// One way to a server.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) address: Address,
    /// The proxy on the way, if there is one.
    pub(super) proxy: Option<Daemon>,
    /// How its clients have to ask for encryption, if they have to.
    pub(super) encryption: Option<Encryption>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Encryption {
    /// As PostgreSQL's clients do.
    Request,
    /// With the first byte.
    Direct,
}

impl Encryption {
    /// The helper's word for it.
    pub(super) const fn flag(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Direct => "direct",
        }
    }
}

impl Peer {
    /// One of PostgreSQL's programs, coming in this way. Encryption is not what is compared.
    pub(super) fn libpq(&self, site: &Site, program: &str) -> Command {
        let mut command = site.postgresql(program);
        self.address.libpq(&mut command);
        command
            .args(["-U", "bench"])
            .env("PGPASSWORD", PASSWORD)
            .env("PGSSLMODE", "disable")
            .env("PGGSSENCMODE", "disable");
        command
    }
}

#[derive(Clone, Debug)]
pub(super) enum Address {
    Tcp(u16),
    /// A directory, and the port its socket is named after.
    Unix(PathBuf, u16),
}

impl Address {
    /// The flags of PostgreSQL's programs.
    pub(super) fn libpq(&self, command: &mut Command) {
        match self {
            Self::Tcp(port) => command.args(["-h", "127.0.0.1", "-p", &port.to_string()]),
            Self::Unix(dir, port) => command.arg("-h").arg(dir).args(["-p", &port.to_string()]),
        };
    }

    /// The flags of the helper.
    pub(super) fn helper(&self, command: &mut Command) {
        match self {
            Self::Tcp(port) => command.arg("--tcp").arg(loopback(*port).to_string()),
            Self::Unix(dir, port) => command
                .arg("--unix")
                .arg(dir.join(format!(".s.PGSQL.{port}"))),
        };
    }
}

/// All of them in front of this server; what is not installed is left out.
pub(super) fn all(site: &Site, server: &Server) -> Result<Vec<Peer>> {
    let mut peers = vec![
        direct(DIRECT_TCP, Address::Tcp(server.port)),
        direct(DIRECT_TCP_AGAIN, Address::Tcp(server.port)),
        direct(
            "direct Unix",
            Address::Unix(server.socket_dir.clone(), server.port),
        ),
    ];
    peers.extend(proxies(site, server, None)?);
    Ok(peers)
}

/// Only those with a process of their own; with a certificate, their clients have to encrypt.
pub(super) fn proxies(
    site: &Site,
    server: &Server,
    certificate: Option<&Certificate>,
) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    if let Some(haproxy) = Haproxy::find(site, certificate) {
        peers.extend(haproxy.both_legs(server, [HAPROXY_TCP, HAPROXY_UNIX])?);
    }
    if let Some(program) = &site.pgbouncer {
        peers.push(pgbouncer(site, Command::new(program), server, certificate)?);
    }
    peers.push(pgs(site, server.socket(), certificate)?);
    Ok(peers)
}

/// HAProxy told to move bytes within the kernel, which is only worth something for bulk; to stand beside its other ways.
pub(super) fn splicing(site: &Site, server: &Server) -> Result<Vec<Peer>> {
    match Haproxy::find(site, None) {
        Some(haproxy) => haproxy.splicing().both_legs(server, HAPROXY_SPLICING),
        None => Ok(Vec::new()),
    }
}

fn direct(name: &'static str, address: Address) -> Peer {
    Peer {
        name,
        address,
        proxy: None,
        encryption: None,
    }
}

fn pgbouncer(
    site: &Site,
    mut command: Command,
    server: &Server,
    certificate: Option<&Certificate>,
) -> Result<Peer> {
    let port = free_port()?;
    let users = site.write("users.txt", &format!("\"bench\" \"{PASSWORD}\"\n"))?;
    let auth = if server.asks_password {
        "scram-sha-256"
    } else {
        "trust"
    };
    let config = include_str!("peers/pgbouncer.ini")
        .replace("{socket_dir}", &server.socket_dir.display().to_string())
        .replace("{server_port}", &server.port.to_string())
        .replace("{port}", &port.to_string())
        .replace("{auth}", auth)
        .replace("{users}", &users.display().to_string())
        .replace(
            "{tls}",
            &certificate
                .map(Certificate::for_pgbouncer)
                .unwrap_or_default(),
        );
    let config = site.write(&format!("pgbouncer-{port}.ini"), &config)?;
    site.unprivileged(&mut command).arg("-q").arg(config);
    let mut peer = start(site, PGBOUNCER, port, &mut command)?;
    peer.encryption = certificate.map(|_| Encryption::Request);
    Ok(peer)
}

/// The relay of `pgs serve`, without its catalogue.
pub(super) fn pgs(site: &Site, socket: PathBuf, certificate: Option<&Certificate>) -> Result<Peer> {
    let port = free_port()?;
    let mut command = site.ours("bench-helper");
    command
        .args(["proxy", "--listen"])
        .arg(loopback(port).to_string());
    command.arg("--socket").arg(socket);
    if let Some(certificate) = certificate {
        certificate.for_pgs(&mut command);
    }
    let mut peer = start(site, PGS, port, &mut command)?;
    peer.encryption = certificate.map(|_| Encryption::Request);
    Ok(peer)
}

pub(super) fn start(
    site: &Site,
    name: &'static str,
    port: u16,
    command: &mut Command,
) -> Result<Peer> {
    let log = site.path(&format!("{port}.log"));
    let mut daemon = Daemon::start(name, command, &log)?;
    daemon.wait_until(&log, || listens(port))?;
    Ok(Peer {
        name,
        address: Address::Tcp(port),
        proxy: Some(daemon),
        encryption: None,
    })
}

pub(super) const DIRECT_TCP: &str = "direct TCP";
/// The same once more: how far it is from 1.00 is what the noise of the machine makes of nothing.
pub(super) const DIRECT_TCP_AGAIN: &str = "direct TCP again (A/A)";
pub(super) const HAPROXY_TCP: &str = "HAProxy, TCP leg";
pub(super) const HAPROXY_UNIX: &str = "HAProxy, Unix leg";
pub(super) const HAPROXY_SPLICING: [&str; 2] =
    ["HAProxy splice, TCP leg", "HAProxy splice, Unix leg"];
const PGBOUNCER: &str = "PgBouncer, session mode";
pub(super) const PGS: &str = "pgs";

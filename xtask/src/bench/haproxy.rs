//! HAProxy in the several ways that it can be set up.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::certificate::Certificate;
use super::daemon::free_port;
use super::peer::{self, Encryption, Peer};
use super::server::{Server, loopback};
use super::site::Site;

#[derive(Debug)]
pub(super) struct Haproxy<'a> {
    site: &'a Site,
    program: &'a Path,
    certificate: Option<&'a Certificate>,
    maxconn: usize,
    options: &'static str,
}

impl<'a> Haproxy<'a> {
    /// None where it is not installed.
    pub(super) fn find(site: &'a Site, certificate: Option<&'a Certificate>) -> Option<Self> {
        Some(Self {
            site,
            program: site.haproxy.as_deref()?,
            certificate,
            maxconn: 9_500,
            options: "",
        })
    }

    /// The same with bytes that stay in the kernel. `option splice-auto` would do nothing here.
    pub(super) fn splicing(self) -> Self {
        Self {
            // Its pipes need descriptors, too.
            maxconn: 2_000,
            options: "    option splice-request\n    option splice-response\n",
            ..self
        }
    }

    /// One that reaches the server over TCP, and one that reaches it through its Unix socket.
    pub(super) fn both_legs(&self, server: &Server, names: [&'static str; 2]) -> Result<Vec<Peer>> {
        let tcp = loopback(server.port).to_string();
        let unix = format!("unix@{}", server.socket().display());
        let legs = names.into_iter().zip([tcp, unix]);
        legs.map(|(name, leg)| self.start(name, &leg)).collect()
    }

    fn start(&self, name: &'static str, leg: &str) -> Result<Peer> {
        let port = free_port()?;
        let script = include_str!("peers/startup.lua");
        let script = self.site.write("startup.lua", script)?;
        let tls = self.certificate.map(Certificate::for_haproxy);
        let config = include_str!("peers/haproxy.cfg")
            .replace("{maxconn}", &self.maxconn.to_string())
            .replace("{options}", self.options)
            .replace("{script}", &script.display().to_string())
            .replace("{listen}", &loopback(port).to_string())
            .replace("{tls}", &tls.unwrap_or_default())
            .replace("{server}", leg);
        let config = self.site.write(&format!("haproxy-{port}.cfg"), &config)?;
        let mut command = Command::new(self.program);
        let command = self.site.unprivileged(&mut command);
        command.args(["-db", "-q", "-f"]).arg(config);
        let mut peer = peer::start(self.site, name, port, command)?;
        peer.encryption = self.certificate.map(|_| Encryption::Direct);
        Ok(peer)
    }
}

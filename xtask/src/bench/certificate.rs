//! A certificate that all proxies show, each in its own configuration.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::site::Site;
use crate::shell;

#[derive(Debug)]
pub(super) struct Certificate {
    public: PathBuf,
    key: PathBuf,
    /// The peers' own copies, since keys are read by their owners only: both in one file, and the key alone.
    both: PathBuf,
    key_for_all: PathBuf,
}

impl Certificate {
    pub(super) fn make(site: &Site) -> Result<Self> {
        let directory = site.path("tls");
        let mut pgs = site.ours("pgs");
        pgs.args(["tls", "self-signed", "--out"]).arg(&directory);
        shell::read(&mut pgs)?;
        let [public, key] = ["server.crt", "server.key"].map(|name| directory.join(name));
        let secret = fs::read_to_string(&key)?;
        let both = fs::read_to_string(&public)? + &secret;
        Ok(Self {
            both: site.write("both.pem", &both)?,
            key_for_all: site.write("key.pem", &secret)?,
            public,
            key,
        })
    }

    /// What follows `bind`. HAProxy knows nothing of PostgreSQL's way to ask for encryption, only of that from the first byte.
    pub(super) fn for_haproxy(&self) -> String {
        format!(" ssl crt {} alpn postgresql", self.both.display())
    }

    pub(super) fn for_pgbouncer(&self) -> String {
        format!(
            "client_tls_sslmode = require\nclient_tls_cert_file = {}\nclient_tls_key_file = {}\n",
            self.public.display(),
            self.key_for_all.display()
        )
    }

    pub(super) fn for_pgs(&self, command: &mut Command) {
        command.arg("--tls-certificate").arg(&self.public);
        command.arg("--tls-key").arg(&self.key);
    }
}

//! A proxy with TLS, and libpq in front of it.

use crate::{
    common::Stage,
    peers::{client_at, python, said},
};
use pgs::{
    ClientAuth, ClientCertificates, KeyPair, ListenerPolicy, Proxy, TlsPolicy, TlsServer,
    TlsSettings, routing::Router,
};
use std::{
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
};
use tempfile::TempDir;
use testkit::{Program, certificates::Authority};

/// A proxy with a certificate for `localhost` and 127.0.0.1, and the files that clients need.
pub(crate) struct Door {
    pub(crate) proxy: Proxy,
    pub(crate) files: TempDir,
}

impl Door {
    pub(crate) fn open(stage: &Stage, policy: impl FnOnce(TlsServer) -> TlsPolicy) -> Self {
        let files = Files::new();
        Self::with(stage, files.settings(), files, None, policy)
    }

    /// One that asks clients for certificates of the same authority.
    pub(crate) fn with_clients(stage: &Stage, auth: ClientAuth) -> Self {
        let files = Files::new();
        let mut settings = files.settings();
        settings.clients = Some(ClientCertificates {
            authorities: files.path(ROOT),
            auth,
        });
        Self::with(stage, settings, files, None, TlsPolicy::Require)
    }

    /// One with these files that leads where the router says, and not to tenants of the stage.
    pub(crate) fn to(stage: &Stage, files: Files, router: Arc<dyn Router>) -> Self {
        let settings = files.settings();
        Self::with(stage, settings, files, Some(router), TlsPolicy::Allow)
    }

    fn with(
        stage: &Stage,
        settings: TlsSettings,
        files: Files,
        router: Option<Arc<dyn Router>>,
        policy: impl FnOnce(TlsServer) -> TlsPolicy,
    ) -> Self {
        let mut listener = ListenerPolicy::default();
        listener.tls = policy(TlsServer::load(settings).unwrap());
        let mut builder = Proxy::builder(stage.pgs()).listen_with("127.0.0.1:0", listener);
        if let Some(router) = router {
            builder = builder.router(router);
        }
        let proxy = stage.run("start a proxy", builder.start()).unwrap();
        Self {
            proxy,
            files: files.folder,
        }
    }

    /// What this script prints, in which `connect(**parameters)` connects as the tenant.
    pub(crate) fn psycopg(&self, tenant: &str, script: &str) -> Option<String> {
        let mut command = client_at(self.proxy.address(), &python()?, tenant);
        command.current_dir(self.files.path());
        let text = format!("{PRELUDE}\n{script}");
        Some(said(&Program::run(command.args(["-c", &text]))))
    }

    pub(crate) fn psql(&self, psql: &Path, parameters: &str, sql: &str) -> Output {
        let mut command = client_at(self.proxy.address(), psql, "acme");
        command.current_dir(self.files.path());
        let target = format!("dbname=acme {parameters}");
        Program::run(command.args(["--no-psqlrc", "-At", "-d", &target, "-c", sql]))
    }
}

/// The certificates of a door: its own, those of a client it may know and of one it does not.
pub(crate) struct Files {
    pub(crate) authority: Authority,
    folder: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        let folder = testkit::state_dir();
        let authority = Authority::new("the authority");
        std::fs::write(folder.path().join(ROOT), authority.pem()).unwrap();
        authority
            .server(&["localhost", "127.0.0.1"])
            .write(folder.path(), "server");
        authority.client("bob").write(folder.path(), "bob");
        let stranger = Authority::new("somebody else").client("bob");
        stranger.write(folder.path(), "stranger");
        Self { authority, folder }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn settings(&self) -> TlsSettings {
        TlsSettings::new(KeyPair {
            certificate: self.path("server.crt"),
            key: self.path("server.key"),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const ROOT: &str = "root.crt";
const PRELUDE: &str = "
import psycopg
def connect(**parameters):
    return psycopg.connect(autocommit=True, **parameters)
def value(connection, query):
    return connection.execute(query).fetchone()[0]
def attempt(**parameters):
    try:
        with connect(**parameters) as c:
            print('TLS' if c.pgconn.ssl_in_use else 'clear', value(c, 'SELECT current_user'))
    except psycopg.OperationalError as e: print(str(e).strip())
";

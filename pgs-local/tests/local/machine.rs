//! A state directory of its own for every test, and what a tenant needs to log in.

use pgs_core::{
    Clock, Endpoint, InstanceSpec, Password, PgMajor, Privilege, TenantId, TenantUid, Timestamp,
    provision::{InstanceLabel, Provisioner, Silent},
};
use pgs_local::{LocalConfig, LocalProvisioner};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_postgres::{Client, NoTls};

pub(crate) struct Machine {
    pub(crate) local: LocalProvisioner,
    directory: TempDir,
}

/// A tenant that was created, is running, and can log in.
pub(crate) struct Tenant {
    pub(crate) uid: TenantUid,
    pub(crate) id: TenantId,
    pub(crate) endpoint: Endpoint,
    pub(crate) password: Password,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// One whose configuration was changed like this.
    pub(crate) fn with(change: impl FnOnce(&mut LocalConfig)) -> Self {
        let directory = directory();
        let mut config = config(&directory);
        change(&mut config);
        let local = LocalProvisioner::new(config).unwrap();
        Self { local, directory }
    }

    /// Another process would have nothing in common with this one but the state directory.
    pub(crate) fn another(&self) -> LocalProvisioner {
        LocalProvisioner::new(config(&self.directory)).unwrap()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    pub(crate) fn home(&self, uid: TenantUid) -> PathBuf {
        self.state().join("tenants").join(uid.to_string())
    }

    pub(crate) async fn tenant(&self, name: &str, major: u16) -> Tenant {
        self.tenant_with(name, major, InstanceSpec::default()).await
    }

    pub(crate) async fn tenant_with(&self, name: &str, major: u16, spec: InstanceSpec) -> Tenant {
        let label = label(name, major, spec);
        self.local.create(&label, &Silent).await.unwrap();
        self.local.complete(label.uid).await.unwrap();
        let endpoint = self.local.start(label.uid, &Silent).await.unwrap();
        let password = Password::generate();
        let admin = self.local.admin(label.uid).await.unwrap();
        admin
            .ensure_tenant(&label.id, &password.verifier(), Privilege::Owner)
            .await
            .unwrap();
        Tenant {
            uid: label.uid,
            id: label.id,
            endpoint,
            password,
        }
    }
}

/// Short enough for a socket, and such that the servers' user gets through.
pub(crate) fn directory() -> TempDir {
    let directory = tempfile::Builder::new()
        .prefix("pgs")
        .tempdir_in("/tmp")
        .unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o711)).unwrap();
    directory
}

/// No server outlives its test.
impl Drop for Machine {
    fn drop(&mut self) {
        let local = self.local.clone();
        let end = async move {
            for instance in local.list().await.unwrap() {
                local.destroy(instance.uid, &Silent).await.unwrap();
            }
        };
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(end);
        })
        .join()
        .unwrap();
    }
}

impl Tenant {
    pub(crate) async fn client(&self) -> Client {
        self.login(self.id.as_str(), self.id.as_str(), self.password.reveal())
            .await
            .unwrap()
    }

    pub(crate) async fn login(
        &self,
        user: &str,
        database: &str,
        password: &str,
    ) -> Result<Client, tokio_postgres::Error> {
        let Endpoint::Unix(path) = &self.endpoint else {
            panic!("{}", self.endpoint)
        };
        let stream = UnixStream::connect(path).await.unwrap();
        let mut config = tokio_postgres::Config::new();
        config.user(user).dbname(database).password(password);
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

pub(crate) fn label(name: &str, major: u16, spec: InstanceSpec) -> InstanceLabel {
    let major = PgMajor::try_from(major).unwrap();
    InstanceLabel::new(
        TenantUid::new(Now.now()),
        name.parse().unwrap(),
        major,
        spec,
    )
}

pub(crate) async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

fn config(directory: &TempDir) -> LocalConfig {
    let mut config = LocalConfig::new(directory.path().join("state"));
    for (major, variable) in [(18, "PGS_TEST_PG18_BINDIR"), (15, "PGS_TEST_PG15_BINDIR")] {
        if let Some(bindir) = std::env::var_os(variable) {
            config
                .bindirs
                .insert(PgMajor::try_from(major).unwrap(), bindir.into());
        }
    }
    config
}

#[derive(Debug)]
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_millis(since.as_millis().try_into().unwrap())
    }
}

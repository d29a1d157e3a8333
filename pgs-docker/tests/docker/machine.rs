//! A state directory of its own for every test, and what a tenant needs to log in.

use bollard::{Docker, query_parameters::ListVolumesOptionsBuilder};
use pgs_catalog::SqliteCatalog;
use pgs_core::{
    Clock, Endpoint, InstanceSpec, Password, PgMajor, Privilege, Result, TenantId, TenantManager,
    TenantSpec, TenantUid, Timestamp,
    provision::{InstanceLabel, Provisioner, Silent},
};
use pgs_docker::{DockerConfig, DockerProvisioner};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_postgres::{Client, NoTls};

/// A state directory on the real engine, whose tenants are gone with the value.
pub(crate) struct Machine {
    pub(crate) docker: DockerProvisioner,
    pub(crate) config: DockerConfig,
    /// The engine itself, as whoever else uses it has it.
    pub(crate) engine: Docker,
    state: TempDir,
}

/// A tenant that was created, is running, and can log in.
pub(crate) struct Tenant {
    pub(crate) uid: TenantUid,
    pub(crate) id: TenantId,
    pub(crate) endpoint: Endpoint,
    pub(crate) password: Password,
}

impl Machine {
    /// None where there is no engine: the skip is printed and counted.
    pub(crate) fn new() -> Option<Self> {
        Self::with(|_| ())
    }

    /// One whose configuration was changed like this.
    pub(crate) fn with(change: impl FnOnce(&mut DockerConfig)) -> Option<Self> {
        let found = testkit::Docker::find("a test of the Docker provisioner")?;
        Some(Self::on(found, change))
    }

    /// The same, on this engine.
    pub(crate) fn on(found: testkit::Docker, change: impl FnOnce(&mut DockerConfig)) -> Self {
        let state = tempfile::Builder::new()
            .prefix("pgs-docker-")
            .tempdir()
            .unwrap();
        let mut config = DockerConfig::new(state.path());
        config.host = Some(found.host.clone());
        config.pull = false;
        config.images.insert(PgMajor::NEWEST, found.image_18);
        config.images.insert(PgMajor::OLDEST, found.image_15);
        change(&mut config);
        Self {
            docker: DockerProvisioner::new(config.clone()).unwrap(),
            engine: Docker::connect_with_host(&found.host).unwrap(),
            config,
            state,
        }
    }

    /// A manager with a catalogue and a provisioner of its own, as another process would have it.
    pub(crate) fn manager(&self) -> TenantManager {
        let catalog = SqliteCatalog::open(self.state()).unwrap();
        TenantManager::new(Arc::new(catalog), Arc::new(self.another()), Arc::new(Now))
    }

    /// Whose directories there are: tenants' uids, in order.
    pub(crate) fn homes(&self) -> Vec<String> {
        let found = std::fs::read_dir(self.state().join("docker"));
        let names = found
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "templates").collect();
        names.sort();
        names
    }

    /// The volumes of this installation, templates' included, in order.
    pub(crate) async fn volumes(&self) -> Vec<String> {
        let default = self.state().display().to_string();
        let installation = self.config.installation.clone().unwrap_or(default);
        let label = format!("pgs.installation={installation}");
        let filter = HashMap::from([("label", vec![label])]);
        let options = ListVolumesOptionsBuilder::new().filters(&filter).build();
        let found = self.engine.list_volumes(Some(options)).await.unwrap();
        let found = found.volumes.unwrap_or_default().into_iter();
        let mut names: Vec<_> = found.map(|volume| volume.name).collect();
        names.sort();
        names
    }

    /// Another process would have nothing in common with this one but the state directory and the engine.
    pub(crate) fn another(&self) -> DockerProvisioner {
        DockerProvisioner::new(self.config.clone()).unwrap()
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    pub(crate) fn home(&self, uid: TenantUid) -> PathBuf {
        self.state().join("docker").join(uid.to_string())
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        self.tenant_with(name, 18, |_| ()).await
    }

    pub(crate) async fn tenant_with(
        &self,
        name: &str,
        major: u16,
        change: impl FnOnce(&mut InstanceSpec),
    ) -> Tenant {
        let mut spec = InstanceSpec::default();
        change(&mut spec);
        let privilege = spec.privilege;
        let label = label(name, major, spec);
        self.docker.create(&label, &Silent).await.unwrap();
        let endpoint = self.docker.start(label.uid, &Silent).await.unwrap();
        let password = Password::generate();
        let admin = self.docker.admin(label.uid).await.unwrap();
        let verifier = password.verifier();
        let ensured = admin.ensure_tenant(&label.id, &verifier, privilege);
        ensured.await.unwrap();
        self.docker.complete(label.uid).await.unwrap();
        Tenant {
            uid: label.uid,
            id: label.id,
            endpoint,
            password,
        }
    }

    /// The tenant's container, as the engine knows it.
    pub(crate) async fn container(
        &self,
        tenant: &Tenant,
    ) -> bollard::models::ContainerInspectResponse {
        self.engine
            .inspect_container(&container(tenant), None)
            .await
            .unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let docker = self.docker.clone();
        let purge = async move {
            for left in docker.list().await.unwrap() {
                docker.destroy(left.uid, &Silent).await.unwrap();
            }
        };
        // The test's runtime cannot be blocked from inside.
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(purge);
        })
        .join()
        .unwrap();
    }
}

impl Tenant {
    /// One that a manager makes.
    pub(crate) async fn created(manager: &TenantManager, name: &str) -> Result<Self> {
        let spec = TenantSpec::default();
        let created = manager.create(name.parse().unwrap(), spec).await?;
        let record = manager.get(&created.id).await.unwrap();
        Ok(Self {
            uid: created.uid,
            id: created.id,
            endpoint: record.endpoint.unwrap(),
            password: created.password,
        })
    }

    pub(crate) async fn client(&self) -> Client {
        self.try_client().await.unwrap()
    }

    pub(crate) async fn try_client(&self) -> Result<Client, Box<dyn std::error::Error>> {
        match &self.endpoint {
            Endpoint::Unix(path) => self.login(UnixStream::connect(path).await?).await,
            Endpoint::Tcp(address) => self.login(TcpStream::connect(address).await?).await,
            other => panic!("{other}"),
        }
    }

    async fn login<S>(&self, stream: S) -> Result<Client, Box<dyn std::error::Error>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut config = tokio_postgres::Config::new();
        config
            .user(self.id.as_str())
            .dbname(self.id.as_str())
            .password(self.password.reveal());
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// What a program inside the tenant's container prints; only a superuser can run one.
    pub(crate) async fn shell(&self, command: &str) -> String {
        let client = self.client().await;
        let quoted = command.replace('\'', "''");
        let script = format!(
            "CREATE TEMP TABLE said (line text); COPY said FROM PROGRAM '{quoted}' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
        );
        client.batch_execute(&script).await.unwrap();
        text(
            &client,
            "SELECT coalesce(string_agg(line, E'\\n'), '') FROM said",
        )
        .await
    }
}

pub(crate) fn container(tenant: &Tenant) -> String {
    format!("pgs-{}", tenant.uid)
}

pub(crate) fn superuser(spec: &mut InstanceSpec) {
    spec.privilege = Privilege::Superuser;
}

pub(crate) fn label(name: &str, major: u16, spec: InstanceSpec) -> InstanceLabel {
    let (uid, major) = (TenantUid::new(Now.now()), PgMajor::try_from(major).unwrap());
    InstanceLabel::new(uid, name.parse().unwrap(), major, spec)
}

pub(crate) async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[derive(Debug)]
pub(crate) struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_millis(since.as_millis().try_into().unwrap())
    }
}

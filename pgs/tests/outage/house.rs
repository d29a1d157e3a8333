use pgs::{
    Config, Endpoint, Password, Pgs, ProvisionerKind, Supervisor, TenantId, TenantRecord,
    TenantSpec, manager::RestartPolicy,
};
use tempfile::TempDir;
use testkit::{PrivateEngine, until};
use tokio::{net::UnixStream, runtime::Handle, sync::oneshot, task::JoinHandle};
use tokio_postgres::{Client, NoTls};

/// A state directory whose tenants are containers of an engine of its own.
pub(crate) struct House {
    pub(crate) pgs: Pgs,
    /// Whose drop ends the supervisor.
    watched: Option<(oneshot::Sender<()>, JoinHandle<pgs::Result<()>>)>,
    _state: TempDir,
}

/// A tenant that has something to lose.
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    password: Password,
}

impl House {
    pub(crate) async fn on(engine: &PrivateEngine) -> Self {
        let state = testkit::state_dir();
        let mut config = Config::default();
        config.state_dir = Some(state.path().to_owned());
        config.provisioner = ProvisionerKind::Docker;
        config.docker.host = Some(engine.docker().host.clone());
        config.docker.image.clone_from(&engine.docker().image_18);
        config.docker.pull = false;
        Self {
            pgs: Pgs::open(&config).await.unwrap(),
            watched: None,
            _state: state,
        }
    }

    /// A running tenant with one row that was committed.
    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        let spec = TenantSpec::default();
        let made = self.pgs.create(name.parse().unwrap(), spec).await.unwrap();
        let tenant = Tenant {
            id: made.id,
            password: made.password,
        };
        let client = self.client(&tenant).await.unwrap();
        client
            .batch_execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('treasure')")
            .await
            .unwrap();
        tenant
    }

    pub(crate) async fn record(&self, tenant: &Tenant) -> TenantRecord {
        self.pgs.get(&tenant.id).await.unwrap()
    }

    /// Has a supervisor do what `pgs serve` would.
    pub(crate) fn watch(&mut self) {
        let supervisor = Supervisor::new(self.pgs.clone(), RestartPolicy::default());
        let (end, ended) = oneshot::channel::<()>();
        let run = supervisor.run(async { drop(ended.await) });
        self.watched = Some((end, tokio::spawn(run)));
    }

    /// Waits until the tenant lets its client in, who finds what was committed.
    pub(crate) fn await_treasure(&self, tenant: &Tenant) {
        let what = format!("`{}` is back with its data", tenant.id);
        wait(&what, async || self.treasure(tenant).await.is_some());
    }

    async fn treasure(&self, tenant: &Tenant) -> Option<String> {
        let client = self.client(tenant).await?;
        let found = client.query_one("SELECT string_agg(word, ', ') FROM kept", &[]);
        let found: String = found.await.ok()?.get(0);
        assert_eq!(found, "treasure", "what was committed of `{}`", tenant.id);
        Some(found)
    }

    pub(crate) async fn client(&self, tenant: &Tenant) -> Option<Client> {
        let Some(Endpoint::Unix(path)) = self.record(tenant).await.endpoint else {
            return None;
        };
        let mut config = tokio_postgres::Config::new();
        config.user(tenant.id.as_str()).dbname(tenant.id.as_str());
        config.password(tenant.password.reveal());
        let stream = UnixStream::connect(path).await.ok()?;
        let (client, connection) = config.connect_raw(stream, NoTls).await.ok()?;
        tokio::spawn(connection);
        Some(client)
    }
}

/// Looks again and again until this holds.
pub(crate) fn wait(what: &str, holds: impl AsyncFn() -> bool) {
    blocking(|| until(what, || Handle::current().block_on(holds())));
}

/// Does what blocks, while the supervisor's tasks go on.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

use super::{
    OldServer, Plan, PlannedTenant,
    copy::{self, End},
    ledger::{Entry, Ledger},
    old_server::{named, out_of_reach},
    passfile::{self, Passfile},
    programs::Programs,
};
use crate::{Config, Pgs, SystemClock};
use pgs_core::{
    Access, Clock, Endpoint, Error, ErrorKind, InitScript, InstanceSpec, Password, Result,
    TenantId, TenantRecord, TenantSpec, TenantUid,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::{Pin, pin},
};

/// Makes planned tenants, and brings their data over.
///
/// It can be repeated: what was imported is skipped, and what a killed import left is taken back and made anew. A tenant
/// whose import fails is taken back at once. The old servers are only read from.
#[derive(Clone, Debug)]
pub struct Importer {
    pgs: Pgs,
    config: Config,
    with_data: bool,
    from: BTreeMap<TenantId, OldServer>,
    only: BTreeSet<TenantId>,
}

/// What became of one tenant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was made, and is as the old one was.
    Imported {
        /// Its password, where that had to be generated.
        password: Option<Password>,
        /// What a person should know.
        notes: Vec<String>,
    },
    /// Nothing was to be done, for this reason.
    Skipped(String),
    /// The import was stopped, and this tenant taken back; those behind it were not begun.
    Interrupted,
}

impl Importer {
    /// One that makes tenants in this open state directory, with the programs that this configuration leads to.
    pub fn new(pgs: Pgs, config: &Config) -> Self {
        Self {
            pgs,
            config: config.clone(),
            with_data: true,
            from: BTreeMap::new(),
            only: BTreeSet::new(),
        }
    }

    /// The same, which makes tenants only: empty but for what their init scripts make.
    #[must_use]
    pub fn without_data(mut self) -> Self {
        self.with_data = false;
        self
    }

    /// The same, for a tenant whose old server is somewhere else than the files say.
    #[must_use]
    pub fn from(mut self, tenant: TenantId, server: OldServer) -> Self {
        self.from.insert(tenant, server);
        self
    }

    /// The same, for this tenant and others named so; also where it was imported and removed before.
    #[must_use]
    pub fn only(mut self, tenant: TenantId) -> Self {
        self.only.insert(tenant);
        self
    }

    /// Imports one tenant after the other, and tells of each what became of it.
    pub async fn run(&self, plan: &Plan) -> Result<Vec<(TenantId, Result<Outcome>)>> {
        self.run_until(plan, pending()).await
    }

    /// The same until it is to stop: a tenant whose import has begun is then taken back.
    pub async fn run_until(
        &self,
        plan: &Plan,
        stop: impl Future<Output = ()>,
    ) -> Result<Vec<(TenantId, Result<Outcome>)>> {
        let mut stop = pin!(stop);
        self.must_know_names(plan)?;
        let plan = plan.clone().fitted(self.config.provisioner);
        let ledger = Ledger::open(self.pgs.state_dir())?;
        let mut outcomes = Vec::new();
        for tenant in &plan.tenants {
            if self.only.is_empty() || self.only.contains(&tenant.id) {
                let outcome = self.import(&ledger, tenant, stop.as_mut()).await;
                let is_interrupted = matches!(outcome, Ok(Outcome::Interrupted));
                outcomes.push((tenant.id.clone(), outcome));
                if is_interrupted {
                    break;
                }
            }
        }
        Ok(outcomes)
    }

    fn must_know_names(&self, plan: &Plan) -> Result<()> {
        let is_planned = |id: &&TenantId| plan.tenants.iter().any(|tenant| tenant.id == **id);
        let mut named = self.only.iter().chain(self.from.keys());
        let Some(unknown) = named.find(|id| !is_planned(id)) else {
            return Ok(());
        };
        let planned: Vec<_> = plan
            .tenants
            .iter()
            .map(|tenant| tenant.id.as_str())
            .collect();
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("the folder has no tenant `{unknown}`"),
        )
        .with_remedy(format!("it has {}", planned.join(", "))))
    }

    async fn import(
        &self,
        ledger: &Ledger,
        tenant: &PlannedTenant,
        stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Outcome> {
        if let Some(reason) = self.settled(ledger, tenant).await? {
            return Ok(Outcome::Skipped(reason));
        }
        let from = if self.with_data {
            Some(self.old_server(tenant).await?)
        } else {
            None
        };
        let mut notes = tenant.notes.clone();
        let mut spec = spec(tenant);
        if !self.with_data {
            spec.init_scripts = scripts(tenant, &mut notes)?;
        }
        let mut entry = Entry {
            uid: TenantUid::new(SystemClock.now()),
            is_complete: false,
            with_data: self.with_data,
        };
        spec.uid = Some(entry.uid);
        ledger.write(&tenant.id, entry)?;
        let made = tokio::select! {
            made = self.make(ledger, tenant, spec, from, &mut notes) => Some(made),
            () = stop => None,
        };
        match made {
            Some(Ok(password)) => {
                entry.is_complete = true;
                ledger.write(&tenant.id, entry)?;
                let password = tenant.password.is_none().then_some(password);
                Ok(Outcome::Imported { password, notes })
            }
            Some(Err(error)) => {
                if let Err(left) = self.take_back(ledger, &tenant.id, entry.uid).await {
                    // Why it failed says more; the next import takes it back.
                    tracing::warn!(tenant = %tenant.id, error = %left, "what a failed import left is still there");
                }
                Err(error)
            }
            None => {
                self.take_back(ledger, &tenant.id, entry.uid).await?;
                Ok(Outcome::Interrupted)
            }
        }
    }

    /// Why there is nothing to do, if there is not. What a killed import left is taken back.
    async fn settled(&self, ledger: &Ledger, tenant: &PlannedTenant) -> Result<Option<String>> {
        let id = &tenant.id;
        let there = self.named(id).await?;
        let Some(entry) = ledger.read(id)? else {
            return match there {
                Some(_) => Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("a tenant `{id}` is there already, and was not imported"),
                )
                .with_remedy(format!(
                    "give it another name: --rename {}=<name>",
                    tenant.service
                ))),
                None => Ok(None),
            };
        };
        if !entry.is_complete {
            self.take_back(ledger, id, entry.uid).await?;
            return match self.named(id).await? {
                Some(_) => Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("a tenant `{id}` was made since its import was cut short"),
                )
                .with_remedy(format!(
                    "give it another name: --rename {}=<name>",
                    tenant.service
                ))),
                None => Ok(None),
            };
        }
        match there {
            Some(record) if record.uid == entry.uid && self.with_data && !entry.with_data => {
                Ok(Some(format!(
                    "it was imported without its data; to have that, delete it first: pgs remove --purge {id}"
                )))
            }
            Some(_) => Ok(Some("it was imported before".to_owned())),
            None if self.only.contains(id) => Ok(None),
            None => Ok(Some(format!(
                "it was imported and removed since; to import it again, name it: --tenant {id}"
            ))),
        }
    }

    async fn named(&self, id: &TenantId) -> Result<Option<TenantRecord>> {
        match self.pgs.get(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    async fn take_back(&self, ledger: &Ledger, id: &TenantId, uid: TenantUid) -> Result<()> {
        let is_there = |records: &[TenantRecord]| records.iter().any(|record| record.uid == uid);
        if is_there(&self.pgs.list().await?) || is_there(&self.pgs.list_trash().await?) {
            self.pgs.purge_uid(uid).await?;
        }
        ledger.forget(id)
    }

    /// What was named, else what is published, else the running container.
    async fn old_server(&self, tenant: &PlannedTenant) -> Result<OldServer> {
        let server = match (self.from.get(&tenant.id), tenant.published) {
            (Some(server), _) => server.clone(),
            (None, Some(address)) => OldServer::at(address),
            (None, None) => OldServer::at(self.container(tenant).await?),
        };
        server.must_answer(tenant).await?;
        Ok(server)
    }

    async fn container(&self, tenant: &PlannedTenant) -> Result<SocketAddr> {
        let id = &tenant.id;
        let host = self.config.docker.host.as_deref();
        for container in &tenant.containers {
            match pgs_docker::container_address(host, container).await {
                Ok(Some(ip)) => return Ok(SocketAddr::new(ip, SERVERS_PORT)),
                Ok(None) => {}
                Err(error) => {
                    let message = format!(
                        "the old server of `{id}` publishes no port, and no engine tells where its container is"
                    );
                    return Err(out_of_reach(message, tenant).with_source(error));
                }
            }
        }
        let containers = named(&tenant.containers);
        let message =
            format!("the old server of `{id}` publishes no port, and {containers} does not run");
        Err(out_of_reach(message, tenant))
    }

    /// Closed to clients until all is there. Answers the password.
    async fn make(
        &self,
        ledger: &Ledger,
        tenant: &PlannedTenant,
        spec: TenantSpec,
        from: Option<OldServer>,
        notes: &mut Vec<String>,
    ) -> Result<Password> {
        let has_limits = spec.instance.limits.need_the_host();
        let created = self.pgs.create(tenant.id.clone(), spec).await;
        let created = created.map_err(|error| match error.kind() {
            ErrorKind::Unsupported if has_limits => {
                error.with_remedy("import without the limits of the old servers: --without-limits")
            }
            _ => error,
        })?;
        if let Some(from) = from {
            self.fill(ledger, tenant, &from, &created.password, notes)
                .await?;
        }
        if tenant.access == Access::Enabled {
            self.pgs.enable(&tenant.id).await?;
        }
        Ok(created.password)
    }

    async fn fill(
        &self,
        ledger: &Ledger,
        tenant: &PlannedTenant,
        server: &OldServer,
        password: &Password,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        let record = self.pgs.get(&tenant.id).await?;
        let programs = Programs::find(&self.config, record.pg_version)?;
        let from = End {
            host: server.host.clone(),
            port: server.port,
            user: server.user(tenant).to_owned(),
            database: server.database(tenant).to_owned(),
        };
        let to = new_end(&record)?;
        let old = server
            .password(tenant)
            .map(|password| entry(&from, password));
        let entries: Vec<_> = old.into_iter().chain([entry(&to, password)]).collect();
        let passfile = Passfile::write(&ledger.passfile(&tenant.id), &entries)?;
        let left = copy::ask(&programs, Some(&passfile), &from, LEFT_BEHIND).await?;
        notes.extend(left.into_iter().map(|what| format!("{what} stays behind")));
        copy::copy(&programs, Some(&passfile), &from, &to).await
    }
}

fn entry<'a>(end: &'a End, password: &'a Password) -> passfile::Entry<'a> {
    passfile::Entry {
        host: &end.host,
        port: end.port,
        database: &end.database,
        user: &end.user,
        password,
    }
}

fn new_end(record: &TenantRecord) -> Result<End> {
    let (host, port) = match &record.endpoint {
        Some(Endpoint::Unix(socket)) => {
            let port = socket
                .extension()
                .and_then(|port| port.to_str()?.parse().ok());
            let folder = socket.parent().and_then(Path::to_str);
            folder.map(str::to_owned).zip(port).ok_or_else(|| {
                Error::internal(format!("`{}` is no server's socket", socket.display()))
            })?
        }
        Some(Endpoint::Tcp(address)) => (address.ip().to_string(), address.port()),
        _ => {
            let message = format!("tenant `{}` was stopped while it was imported", record.id);
            return Err(Error::new(ErrorKind::WrongState, message).with_remedy("import it again"));
        }
    };
    Ok(End {
        host,
        port,
        user: record.id.to_string(),
        database: record.id.to_string(),
    })
}

fn spec(tenant: &PlannedTenant) -> TenantSpec {
    let mut instance = InstanceSpec::default();
    instance.pg_version = tenant.pg_version;
    instance.limits.clone_from(&tenant.limits);
    let mut spec = TenantSpec::default();
    spec.instance = instance;
    spec.password.clone_from(&tenant.password);
    spec
}

/// The SQL files among them, in the order in which the image runs them.
fn scripts(tenant: &PlannedTenant, notes: &mut Vec<String>) -> Result<Vec<InitScript>> {
    let mut files = Vec::new();
    for path in &tenant.init_scripts {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|source| unreadable(path, source))?;
            let paths: std::io::Result<Vec<PathBuf>> =
                entries.map(|entry| Ok(entry?.path())).collect();
            let mut paths = paths.map_err(|source| unreadable(path, source))?;
            paths.sort();
            files.extend(paths);
        } else {
            files.push(path.clone());
        }
    }
    let mut scripts = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if file.extension().is_some_and(|extension| extension == "sql") {
            let sql = std::fs::read_to_string(&file).map_err(|source| unreadable(&file, source))?;
            scripts.push(InitScript::new(name, sql));
        } else {
            notes.push(format!("`{name}` is no SQL file: it was not run"));
        }
    }
    Ok(scripts)
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::io(
        format!("the init script `{}` cannot be read", path.display()),
        source,
    )
}

const SERVERS_PORT: u16 = 5432;
/// What the dump of one database does not have.
const LEFT_BEHIND: &str = "
    select 'database ' || quote_ident(datname) from pg_database
    where not datistemplate and datname not in ('postgres', current_database())
    union all
    select 'role ' || quote_ident(rolname) from pg_roles
    where rolname <> current_user and rolname !~ '^pg_'
    order by 1";

use super::{
    Admin, Alteration, Endpoint, Instance, InstanceLabel, InstanceStats, Marker, Progress,
    Provisioner, ScriptOutcome, ServerSession, StopMode, Usage,
};
use crate::{
    Error, ErrorKind, InitScript, InstanceSpec, PgMajor, Privilege, Result, ScramVerifier,
    TenantId, TenantUid,
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// A provisioner whose instances are entries in a table: for tests of what stands above it.
///
/// Nothing listens at its endpoints, and its [`Admin`] keeps roles and scripts without understanding SQL, but for one
/// thing: a script that contains `syntax error` fails. So does altering an instance to a setting named `refuse.me`.
#[derive(Clone, Debug)]
pub struct MemoryProvisioner {
    name: &'static str,
    hosts: Arc<Hosts>,
}

#[derive(Debug, Default)]
struct Hosts {
    instances: Mutex<BTreeMap<TenantUid, Held>>,
    changed: Notify,
    is_away: AtomicBool,
}

#[derive(Debug)]
struct Held {
    label: InstanceLabel,
    marker: Marker,
    up: bool,
    endpoint: Endpoint,
    exit_reason: Option<String>,
    roles: BTreeMap<String, ScramVerifier>,
    scripts: BTreeSet<String>,
}

impl MemoryProvisioner {
    /// One without instances.
    #[must_use]
    pub fn new() -> Self {
        Self::named("memory")
    }

    /// One without instances, under this name, so that several can stand side by side.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self {
            name,
            hosts: Arc::default(),
        }
    }

    /// From now on nothing of it can be looked at or altered, as if its engine had been switched off.
    pub fn go_away(&self) {
        self.hosts.is_away.store(true, Ordering::SeqCst);
    }

    /// Undoes [`go_away`](Self::go_away).
    pub fn come_back(&self) {
        self.hosts.is_away.store(false, Ordering::SeqCst);
    }

    fn must_be_here(&self) -> Result<()> {
        if !self.hosts.is_away.load(Ordering::SeqCst) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::MissingDependency,
            format!("the engine of the provisioner `{}` is away", self.name),
        ))
    }

    /// Lets the instance's server die, as if it had been killed.
    pub fn crash(&self, uid: TenantUid) {
        if let Some(held) = self.instances().get_mut(&uid) {
            held.up = false;
            held.exit_reason = Some("it was killed".to_owned());
        }
        self.hosts.changed.notify_waiters();
    }

    /// Lets the instance's server listen elsewhere from now on, as if somebody else had started it again.
    pub fn move_to(&self, uid: TenantUid, endpoint: Endpoint) {
        if let Some(held) = self.instances().get_mut(&uid) {
            held.endpoint = endpoint;
        }
    }

    fn instances(&self) -> MutexGuard<'_, BTreeMap<TenantUid, Held>> {
        self.hosts
            .instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, uid: TenantUid, change: impl FnOnce(&mut Held) -> Result<T>) -> Result<T> {
        let answer = change(self.instances().get_mut(&uid).ok_or_else(|| gone(uid))?);
        self.hosts.changed.notify_waiters();
        answer
    }
}

impl Default for MemoryProvisioner {
    fn default() -> Self {
        Self::new()
    }
}

fn gone(uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no storage of tenant uid `{uid}`"),
    )
}

fn endpoint_of(uid: TenantUid) -> Endpoint {
    Endpoint::Unix(format!("/memory/{uid}").into())
}

impl Held {
    fn instance(&self) -> Instance {
        Instance::new(
            self.label.uid,
            Some(self.label.clone()),
            self.marker,
            self.up.then(|| self.endpoint.clone()),
        )
    }
}

#[async_trait]
impl Provisioner for MemoryProvisioner {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn is_there(&self) -> Result<()> {
        self.must_be_here()
    }

    async fn plan(&self, spec: &InstanceSpec) -> Result<PgMajor> {
        if spec.limits.need_the_host() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the memory provisioner enforces no limits",
            )
            .with_remedy("leave the limits out"));
        }
        Ok(spec.pg_version.unwrap_or(PgMajor::NEWEST))
    }

    async fn create(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<()> {
        progress.step("making the storage");
        let (label, uid) = (label.clone(), label.uid);
        let held = Held {
            label,
            marker: Marker::Pending,
            up: false,
            endpoint: endpoint_of(uid),
            exit_reason: None,
            roles: BTreeMap::new(),
            scripts: BTreeSet::new(),
        };
        self.instances().entry(uid).or_insert(held);
        Ok(())
    }

    async fn complete(&self, uid: TenantUid) -> Result<()> {
        self.change(uid, |held| {
            held.marker = Marker::Complete;
            Ok(())
        })
    }

    async fn start(&self, uid: TenantUid, progress: &dyn Progress) -> Result<Endpoint> {
        progress.step("starting the server");
        self.change(uid, |held| {
            if held.marker == Marker::Trashed {
                return Err(gone(uid));
            }
            held.up = true;
            held.exit_reason = None;
            Ok(held.endpoint.clone())
        })
    }

    async fn stop(&self, uid: TenantUid, _: StopMode, progress: &dyn Progress) -> Result<()> {
        progress.step("stopping the server");
        self.change(uid, |held| {
            held.up = false;
            Ok(())
        })
    }

    async fn alter(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<Alteration> {
        self.must_be_here()?;
        progress.step("altering the server");
        refuse_settings(label)?;
        progress.step("writing the label");
        let alteration = self.change(label.uid, |held| {
            let waits = held.up && held.label.spec.limits != label.spec.limits;
            held.label = label.clone();
            Ok(Alteration::waiting(
                waits
                    .then(|| "max_connections".to_owned())
                    .into_iter()
                    .collect(),
            ))
        });
        progress.step("the label is written");
        alteration
    }

    async fn inspect(&self, uid: TenantUid) -> Result<Option<Instance>> {
        self.must_be_here()?;
        Ok(self.instances().get(&uid).map(Held::instance))
    }

    async fn list(&self) -> Result<Vec<Instance>> {
        self.must_be_here()?;
        Ok(self.instances().values().map(Held::instance).collect())
    }

    async fn trash(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        progress.step("moving the storage to the trash");
        self.change(uid, |held| {
            held.marker = Marker::Trashed;
            Ok(())
        })
    }

    async fn restore(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        progress.step("moving the storage back");
        self.change(uid, |held| {
            held.marker = Marker::Complete;
            Ok(())
        })
    }

    async fn destroy(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        progress.step("deleting the storage");
        self.instances().remove(&uid);
        self.hosts.changed.notify_waiters();
        Ok(())
    }

    async fn admin(&self, uid: TenantUid) -> Result<Box<dyn Admin>> {
        if !self.instances().get(&uid).ok_or_else(|| gone(uid))?.up {
            return Err(Error::new(
                ErrorKind::WrongState,
                format!("the server of tenant uid `{uid}` is not running"),
            ));
        }
        Ok(Box::new(MemoryAdmin {
            host: self.clone(),
            uid,
        }))
    }

    async fn exited(&self, uid: TenantUid) -> Result<()> {
        loop {
            let changed = self.hosts.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that no change in between is missed.
            changed.as_mut().enable();
            if !self.instances().get(&uid).is_some_and(|held| held.up) {
                return Ok(());
            }
            changed.await;
        }
    }

    async fn usage(&self, uid: TenantUid) -> Result<Option<Usage>> {
        self.must_be_here()?;
        let is_up = self.instances().get(&uid).is_some_and(|held| held.up);
        Ok(is_up.then(Usage::default))
    }

    async fn exit_reason(&self, uid: TenantUid) -> Result<Option<String>> {
        self.must_be_here()?;
        let instances = self.instances();
        Ok(instances
            .get(&uid)
            .and_then(|held| held.exit_reason.clone()))
    }

    async fn logs(&self, uid: TenantUid, _: usize) -> Result<String> {
        self.instances()
            .get(&uid)
            .map(|_| String::new())
            .ok_or_else(|| gone(uid))
    }
}

fn refuse_settings(label: &InstanceLabel) -> Result<()> {
    let settings = &label.spec.settings;
    if settings.iter().all(|setting| setting.name() != REFUSED) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("the server does not take the settings: {REFUSED}"),
    ))
}

const REFUSED: &str = "refuse.me";

#[derive(Debug)]
struct MemoryAdmin {
    host: MemoryProvisioner,
    uid: TenantUid,
}

#[async_trait]
impl Admin for MemoryAdmin {
    async fn ensure_tenant(
        &self,
        id: &TenantId,
        verifier: &ScramVerifier,
        _: Privilege,
    ) -> Result<()> {
        self.set_password(id, verifier).await
    }

    async fn set_password(&self, id: &TenantId, verifier: &ScramVerifier) -> Result<()> {
        self.host.change(self.uid, |held| {
            held.roles.insert(id.as_str().to_owned(), verifier.clone());
            Ok(())
        })
    }

    async fn run_script(&self, _: &TenantId, script: &InitScript) -> Result<ScriptOutcome> {
        if script.sql.contains("syntax error") {
            return Err(Error::new(
                ErrorKind::InitScript,
                format!(
                    "init script `{}` failed at line 1: syntax error",
                    script.name
                ),
            ));
        }
        let is_new = self.host.change(self.uid, |held| {
            Ok(held.scripts.insert(script.name.clone()))
        })?;
        Ok(if is_new {
            ScriptOutcome::Applied
        } else {
            ScriptOutcome::AlreadyApplied
        })
    }

    async fn end_sessions(&self) -> Result<u64> {
        Ok(0)
    }

    async fn terminate(&self, _: &[ServerSession]) -> Result<u64> {
        Ok(0)
    }

    async fn stats(&self) -> Result<InstanceStats> {
        Ok(InstanceStats::default())
    }
}

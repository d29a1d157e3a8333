use super::TenantManager;
use crate::{
    Error, Lifecycle, Password, PgMajor, Result, TenantId, TenantRecord, TenantSpec, TenantUid,
    catalog::EventKind,
    provision::{Endpoint, InstanceLabel, Provisioner},
};

/// A tenant that was just created.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Created {
    /// Its name.
    pub id: TenantId,
    /// Who it is for ever.
    pub uid: TenantUid,
    /// The major version it runs.
    pub pg_version: PgMajor,
    /// The password of its role: the given one, or a generated one that nobody can look up again.
    pub password: Password,
}

impl TenantManager {
    /// Creates a tenant and returns when its server answered an authenticated query.
    ///
    /// `AlreadyExists`, and nothing is changed, when the name is taken. When anything else fails, what this attempt made
    /// is taken away again. Access starts as the spec says, which is disabled unless it was set.
    pub async fn create(&self, id: TenantId, spec: TenantSpec) -> Result<Created> {
        let provisioner = &**self.provisioner();
        let pg_version = provisioner.plan(&spec.instance).await?;
        let now = self.now();
        let uid = spec.uid.unwrap_or_else(|| TenantUid::new(now));
        let _lock = self.catalog().lock(uid).await?;

        self.step("recording the intent");
        let mut record = TenantRecord::creating(
            id,
            uid,
            provisioner.name(),
            pg_version,
            spec.instance.clone(),
            now,
        );
        record.access = spec.access;
        record.networks.clone_from(&spec.networks);
        record.protected = spec.protected;
        let record = self
            .catalog()
            .insert(&record, EventKind::Creating, now)
            .await?;

        let password = spec.password.clone().unwrap_or_else(Password::generate);
        match self.build(&record, &spec, &password).await {
            Ok(()) => Ok(Created {
                id: record.id,
                uid,
                pg_version,
                password,
            }),
            Err(error) => {
                self.take_back(&record, &error).await;
                Err(error)
            }
        }
    }

    async fn build(
        &self,
        record: &TenantRecord,
        spec: &TenantSpec,
        password: &Password,
    ) -> Result<()> {
        let provisioner = self.provisioner_of(record)?;
        let uid = record.uid;
        let label = InstanceLabel::of(record);
        provisioner.create(&label, self.progress()).await?;
        let endpoint = provisioner.start(uid, self.progress()).await?;
        self.furnish(provisioner, record, spec, password).await?;

        self.step("marking the storage complete");
        provisioner.complete(uid).await?;
        self.step("recording that it runs");
        self.record_running(uid, EventKind::Created, endpoint)
            .await?;
        self.step("created");
        Ok(())
    }

    async fn furnish(
        &self,
        provisioner: &dyn Provisioner,
        record: &TenantRecord,
        spec: &TenantSpec,
        password: &Password,
    ) -> Result<()> {
        let admin = provisioner.admin(record.uid).await?;
        self.step("making the role and the database");
        admin
            .ensure_tenant(&record.id, &password.verifier(), record.spec.privilege)
            .await?;
        for script in &spec.init_scripts {
            self.step("running an init script");
            admin.run_script(&record.id, script).await?;
        }
        Ok(())
    }

    /// Records that the tenant's server answered an authenticated query at this endpoint.
    pub(super) async fn record_running(
        &self,
        uid: TenantUid,
        kind: EventKind,
        endpoint: Endpoint,
    ) -> Result<TenantRecord> {
        self.change(uid, kind, None, |record| {
            record.move_to(Lifecycle::Running)?;
            record.endpoint = Some(endpoint.clone());
            Ok(())
        })
        .await
    }

    /// Undoes an unfinished create. What cannot be undone now stays recorded for reconciling.
    async fn take_back(&self, record: &TenantRecord, cause: &Error) {
        if let Err(error) = self.try_take_back(record, cause).await {
            tracing::error!(tenant = %record.id, error = %error.chain(), "an unfinished create could not be taken back; pgs reconcile will try again");
        }
    }

    /// Deletes the storage before it writes to the catalogue: on a full disk, that is what makes room to write.
    ///
    /// A kill in between leaves what there was before, a record that is creating and no whole storage.
    pub(super) async fn try_take_back(&self, record: &TenantRecord, cause: &Error) -> Result<()> {
        self.step("taking back what was made");
        let provisioner = self.provisioner_of(record)?;
        provisioner.destroy(record.uid, self.progress()).await?;
        self.step("forgetting the record");
        self.forget(record.uid, EventKind::CreateFailed, Some(&cause.chain()))
            .await?;
        self.step("taken back");
        Ok(())
    }
}

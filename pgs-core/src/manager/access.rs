use super::TenantManager;
use crate::{
    Access, Error, ErrorKind, Lifecycle, Password, Result, TenantId, TenantRecord, TenantUid,
    catalog::EventKind, provision::ServerSession,
};

impl TenantManager {
    /// Opens or shuts the tenant's door, from the next connection attempt on.
    ///
    /// Shutting it also ends live sessions, through the tenant's server. Nothing is restarted either way.
    pub async fn set_access(&self, id: &TenantId, access: Access) -> Result<()> {
        let kind = match access {
            Access::Enabled => EventKind::AccessEnabled,
            Access::Disabled => EventKind::AccessDisabled,
        };
        let found = self.get(id).await?;
        let record = if found.access == access {
            found
        } else {
            self.step("recording the access");
            let set = |record: &mut TenantRecord| {
                record.access = access;
                Ok(())
            };
            self.change(found.uid, kind, None, set).await?
        };
        if access == Access::Disabled {
            self.end_sessions(&record).await;
        }
        self.step("access set");
        Ok(())
    }

    /// Ends the tenant's sessions. A server that cannot be asked is not waited for: the proxies cut its sessions anyway.
    async fn end_sessions(&self, record: &TenantRecord) {
        if record.lifecycle != Lifecycle::Running {
            return;
        }
        let outcome = async {
            self.step("ending live sessions");
            self.provisioner_of(record)?
                .admin(record.uid)
                .await?
                .end_sessions()
                .await
        };
        match outcome.await {
            Ok(ended) => tracing::info!(tenant = %record.id, ended, "live sessions ended"),
            Err(error) => {
                tracing::warn!(tenant = %record.id, error = %error.chain(), "the server could not be asked to end live sessions; the proxy cuts them");
            }
        }
    }

    /// Ends these of a tenant's sessions through its server, and no other; answers how many it told. Waits for no lock.
    pub async fn terminate(&self, uid: TenantUid, sessions: &[ServerSession]) -> Result<u64> {
        let record = self.catalog().get_by_uid(uid).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("no tenant has the uid `{uid}`"),
            )
        })?;
        let admin = self.provisioner_of(&record)?.admin(uid).await?;
        admin.terminate(sessions).await
    }

    /// Sets the password of the tenant's role, or a generated one, and answers it. Nothing is restarted.
    pub async fn set_password(
        &self,
        id: &TenantId,
        password: Option<Password>,
    ) -> Result<Password> {
        let (_lock, record) = self.locked(id).await?;
        require_running(&record)?;
        let password = password.unwrap_or_else(Password::generate);
        let admin = self.provisioner_of(&record)?.admin(record.uid).await?;
        self.step("setting the password");
        admin.set_password(&record.id, &password.verifier()).await?;
        self.change(record.uid, EventKind::PasswordChanged, None, |_| Ok(()))
            .await?;
        Ok(password)
    }

    /// Refuses removing the tenant from now on.
    pub async fn protect(&self, id: &TenantId) -> Result<()> {
        self.set_protection(id, true, EventKind::Protected).await
    }

    /// Allows removing the tenant again.
    pub async fn unprotect(&self, id: &TenantId) -> Result<()> {
        self.set_protection(id, false, EventKind::Unprotected).await
    }

    async fn set_protection(&self, id: &TenantId, protected: bool, kind: EventKind) -> Result<()> {
        let uid = self.get(id).await?.uid;
        let set = |record: &mut TenantRecord| {
            record.protected = protected;
            Ok(())
        };
        self.change(uid, kind, None, set).await.map(drop)
    }
}

/// Refuses work that needs an answering server.
pub(super) fn require_running(record: &TenantRecord) -> Result<()> {
    if record.lifecycle == Lifecycle::Running {
        return Ok(());
    }
    let message = format!(
        "tenant `{}` is {}, not running",
        record.id, record.lifecycle
    );
    Err(Error::new(ErrorKind::WrongState, message)
        .with_remedy(format!("start it with `pgs start --tenant {}`", record.id)))
}

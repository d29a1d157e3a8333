use crate::{
    Deadlines, Readiness,
    login::{Login, Manners},
    reload, script,
    session::Session,
    sql, stats, tenant, termination,
};
use async_trait::async_trait;
use pgs_core::{
    Endpoint, InitScript, Password, Privilege, Result, ScramVerifier, TenantId,
    provision::{Admin, InstanceStats, ScriptOutcome, ServerSession},
};
use std::fmt;

/// The manager at one running server: its superuser `pgs_admin`, over SQL.
///
/// ```
/// use pgs_admin::PgAdmin;
/// use pgs_core::{Endpoint, Password};
///
/// let admin = PgAdmin::new(Endpoint::Unix("/run/acme/.s.PGSQL.5432".into()), Password::generate());
/// assert!(format!("{admin:?}").contains("acme"));
/// ```
#[derive(Clone)]
pub struct PgAdmin {
    endpoint: Endpoint,
    secret: Password,
    deadlines: Deadlines,
}

impl PgAdmin {
    /// The manager at this server, with the password of `pgs_admin` there. Connects to nothing yet.
    #[must_use]
    pub fn new(endpoint: Endpoint, secret: Password) -> Self {
        Self {
            endpoint,
            secret,
            deadlines: Deadlines::default(),
        }
    }

    /// The same with other deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Asks the server one authenticated query. An error means that waiting longer is in vain.
    pub async fn ping(&self) -> Result<Readiness> {
        let login = self.login(sql::HOME, Manners::Own);
        match login.attempt().await {
            Ok(session) => {
                session.row("the first query", "SELECT 1", &[]).await?;
                session.close().await;
                Ok(Readiness::Ready)
            }
            Err(error) => Readiness::after(error),
        }
    }

    /// Gives `pgs_admin` itself another password.
    pub async fn replace_secret(&self, verifier: &ScramVerifier) -> Result<()> {
        let session = self.session(sql::HOME).await?;
        let alter = format!(
            "ALTER ROLE {} PASSWORD {}",
            sql::name(sql::ADMIN),
            sql::text(verifier.as_str())
        );
        session
            .run("setting the manager's password", &alter)
            .await?;
        session.close().await;
        Ok(())
    }

    /// Has everything that is in memory written to the data files, so that the next stop is quick.
    pub async fn checkpoint(&self) -> Result<()> {
        let session = self.session(sql::HOME).await?;
        session.run("the checkpoint", "CHECKPOINT").await?;
        session.close().await;
        Ok(())
    }

    /// Has the server read its configuration files again, and answers the settings that wait for its next start.
    ///
    /// `InvalidInput`, and nothing is reloaded, when the files have a mistake.
    pub async fn reload(&self) -> Result<Vec<String>> {
        reload::reload(self).await
    }

    pub(crate) async fn session(&self, database: &str) -> Result<Session> {
        self.login(database, Manners::Own).open().await
    }

    pub(crate) fn login<'a>(&'a self, database: &'a str, manners: Manners) -> Login<'a> {
        Login {
            endpoint: &self.endpoint,
            user: sql::ADMIN,
            secret: &self.secret,
            database,
            deadlines: self.deadlines,
            manners,
        }
    }
}

#[async_trait]
impl Admin for PgAdmin {
    async fn ensure_tenant(
        &self,
        id: &TenantId,
        verifier: &ScramVerifier,
        privilege: Privilege,
    ) -> Result<()> {
        tenant::ensure(self, id, verifier, privilege).await
    }

    async fn set_password(&self, id: &TenantId, verifier: &ScramVerifier) -> Result<()> {
        tenant::set_password(self, id, verifier).await
    }

    async fn run_script(&self, id: &TenantId, script: &InitScript) -> Result<ScriptOutcome> {
        script::run(self, id, script).await
    }

    async fn end_sessions(&self) -> Result<u64> {
        termination::end_sessions(self).await
    }

    async fn terminate(&self, sessions: &[ServerSession]) -> Result<u64> {
        termination::terminate(self, sessions).await
    }

    async fn stats(&self) -> Result<InstanceStats> {
        stats::read(self).await
    }
}

impl fmt::Debug for PgAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgAdmin")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

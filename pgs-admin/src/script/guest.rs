use crate::{
    PgAdmin,
    login::{Login, Manners},
    session::Session,
    sql::{name, text},
    stats::column,
};
use pgs_core::{Password, Result, TenantId};
use rand::distr::{Alphanumeric, SampleString};

/// A role for one script. It is a member of the tenant's role and acts as that, but holds no other right to fall back on:
/// in a session of the superuser, `RESET ROLE` would be all a script needs.
pub(super) struct Guest {
    role: String,
    secret: Password,
}

impl Guest {
    pub(super) async fn invite(manager: &Session, id: &TenantId) -> Result<Self> {
        let guest = Self {
            role: format!(
                "{PREFIX}{}",
                Alphanumeric.sample_string(&mut rand::rng(), 16)
            ),
            secret: Password::generate(),
        };
        let (role, tenant) = (name(&guest.role), name(id.as_str()));
        let verifier = text(guest.secret.verifier().as_str());
        let create = format!(
            "CREATE ROLE {role} LOGIN CONNECTION LIMIT 1 IN ROLE {tenant} PASSWORD {verifier}; \
             ALTER ROLE {role} SET role = {tenant}; GRANT INSERT ON pgs.init_script TO {role}"
        );
        manager.run("making the script's role", &create).await?;
        Ok(guest)
    }

    pub(super) async fn session(&self, admin: &PgAdmin, id: &TenantId) -> Result<Session> {
        let login = Login {
            user: &self.role,
            secret: &self.secret,
            ..admin.login(id.as_str(), Manners::Script)
        };
        login.open().await
    }

    /// What the script made in the role's own name goes to the tenant.
    pub(super) async fn dismiss(&self, manager: &Session, id: &TenantId) -> Result<()> {
        dismiss(manager, &self.role, id).await
    }

    /// Takes away what killed runs left.
    pub(super) async fn dismiss_all(manager: &Session, id: &TenantId) -> Result<()> {
        let row = manager
            .row("looking for left-over roles", LEFT_OVER, &[])
            .await?;
        for role in column::<Vec<String>>(&row, 0)? {
            dismiss(manager, &role, id).await?;
        }
        Ok(())
    }
}

async fn dismiss(manager: &Session, role: &str, id: &TenantId) -> Result<()> {
    let (role, tenant) = (name(role), name(id.as_str()));
    let drop =
        format!("REASSIGN OWNED BY {role} TO {tenant}; DROP OWNED BY {role}; DROP ROLE {role}");
    manager.run("taking the script's role away", &drop).await
}

const PREFIX: &str = "pgs_init_";
const LEFT_OVER: &str = r"SELECT coalesce(array_agg(rolname::text), '{}') FROM pg_roles WHERE rolname LIKE 'pgs\_init\_%'";

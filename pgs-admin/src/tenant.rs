//! The tenant's role and its database.

use crate::{
    PgAdmin,
    session::Session,
    sql::{self, SPARE, name, text},
    stats::column,
};
use pgs_core::{Error, ErrorKind, Privilege, Result, ScramVerifier, TenantId};

/// What a kill leaves undone is done by the next call: each step looks at what is there.
pub(crate) async fn ensure(
    admin: &PgAdmin,
    id: &TenantId,
    verifier: &ScramVerifier,
    privilege: Privilege,
) -> Result<()> {
    let session = admin.session(sql::HOME).await?;
    let found = Found::look(&session, id).await?;
    let role = found.role_sql(id, verifier, privilege);
    session.run("making the tenant's role", &role).await?;
    for statement in found.database_sql(id) {
        session
            .run("making the tenant's database", &statement)
            .await?;
    }
    session.close().await;
    Ok(())
}

pub(crate) async fn set_password(
    admin: &PgAdmin,
    id: &TenantId,
    verifier: &ScramVerifier,
) -> Result<()> {
    let session = admin.session(sql::HOME).await?;
    if Found::look(&session, id).await?.role != Held::Named {
        return Err(no_role(id));
    }
    let alter = format!(
        "ALTER ROLE {} PASSWORD {}",
        name(id.as_str()),
        text(verifier.as_str())
    );
    session.run("setting the password", &alter).await?;
    session.close().await;
    Ok(())
}

fn no_role(id: &TenantId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("the server of tenant `{id}` has no role `{id}`"),
    )
}

/// What the server has of the tenant, and of what a template keeps ready for it.
struct Found {
    role: Held,
    database: Held,
    version: i32,
}

#[derive(PartialEq, Eq)]
enum Held {
    /// Under the tenant's name.
    Named,
    /// Under the template's name.
    Spare,
    Missing,
}

impl Found {
    async fn look(session: &Session, id: &TenantId) -> Result<Self> {
        let row = session
            .row("looking for the tenant", LOOK, &[id.as_str(), SPARE])
            .await?;
        Ok(Self {
            role: Held::of(column(&row, 0)?, column(&row, 1)?),
            database: Held::of(column(&row, 2)?, column(&row, 3)?),
            version: column(&row, 4)?,
        })
    }

    /// One transaction, so that a role without its rights or its password is never seen.
    fn role_sql(&self, id: &TenantId, verifier: &ScramVerifier, privilege: Privilege) -> String {
        let (id, spare) = (name(id.as_str()), name(SPARE));
        let made = match self.role {
            Held::Named => String::new(),
            Held::Spare => format!("ALTER ROLE {spare} RENAME TO {id};"),
            Held::Missing => format!("CREATE ROLE {id};"),
        };
        let rights = rights(privilege, self.version);
        let verifier = text(verifier.as_str());
        format!("{made} ALTER ROLE {id} LOGIN {rights} PASSWORD {verifier};")
    }

    /// Renaming takes milliseconds, creating the copy of a database. Making one cannot share a transaction.
    fn database_sql(&self, id: &TenantId) -> Vec<String> {
        let (id, spare) = (name(id.as_str()), name(SPARE));
        let made = match self.database {
            Held::Named => None,
            Held::Spare => Some(format!("ALTER DATABASE {spare} RENAME TO {id}")),
            Held::Missing => Some(format!("CREATE DATABASE {id} OWNER {id}")),
        };
        let owned = format!("ALTER DATABASE {id} OWNER TO {id}; {CLOSE_TO_OTHERS}");
        made.into_iter().chain([owned]).collect()
    }
}

impl Held {
    fn of(named: bool, spare: bool) -> Self {
        match (named, spare) {
            (true, _) => Self::Named,
            (false, true) => Self::Spare,
            (false, false) => Self::Missing,
        }
    }
}

/// Before 16, CREATEROLE could hand itself `pg_execute_server_program`, and with it the files of every other tenant.
fn rights(privilege: Privilege, version: i32) -> &'static str {
    match privilege {
        Privilege::Superuser => "SUPERUSER CREATEDB CREATEROLE",
        _ if version >= 160_000 => {
            "NOSUPERUSER CREATEDB CREATEROLE NOREPLICATION NOBYPASSRLS INHERIT"
        }
        _ => "NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT",
    }
}

const LOOK: &str = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), \
     EXISTS (SELECT FROM pg_roles WHERE rolname = $2), \
     EXISTS (SELECT FROM pg_database WHERE datname = $1), \
     EXISTS (SELECT FROM pg_database WHERE datname = $2), \
     current_setting('server_version_num')::int4";
/// Roles that a tenant makes see the tenant's databases and not the manager's.
const CLOSE_TO_OTHERS: &str =
    "REVOKE ALL ON DATABASE postgres FROM PUBLIC; REVOKE ALL ON DATABASE template1 FROM PUBLIC";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn createrole_is_only_given_where_it_cannot_reach_the_servers_files() {
        assert!(rights(Privilege::Owner, 150_018).contains("NOCREATEROLE"));
        assert!(rights(Privilege::Owner, 160_000).contains(" CREATEROLE"));
        assert!(rights(Privilege::Owner, 180_006).contains("NOSUPERUSER"));
    }
}

use crate::{
    session::Session,
    sql::{ADMIN, text},
    stats::column,
};
use pgs_core::{Error, ErrorKind, InitScript, Result, ScriptRole};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The table of the scripts that were run, in the tenant's database and the manager's hands.
pub(super) struct Ledger<'a> {
    manager: &'a Session,
}

impl<'a> Ledger<'a> {
    pub(super) async fn open(manager: &'a Session) -> Result<Self> {
        manager
            .run("making the table of init scripts", MAKE)
            .await?;
        let row = manager.row("looking at it", OWNERS, &[ADMIN]).await?;
        if column::<bool>(&row, 0)? {
            return Ok(Self { manager });
        }
        Err(Error::new(
            ErrorKind::WrongState,
            "the schema `pgs` in the tenant's database belongs to somebody else",
        )
        .with_remedy("rename that schema: init scripts are recorded in a schema of that name"))
    }

    pub(super) async fn has(&self, entry: &Entry<'_>) -> Result<bool> {
        let row = self
            .manager
            .row("looking for the script", FIND, &[entry.name])
            .await?;
        let Some(sha256) = column::<Option<String>>(&row, 0)? else {
            return Ok(false);
        };
        if sha256 != entry.sha256 {
            tracing::warn!(
                script = entry.name,
                "an init script that was run before has changed since; it is not run again"
            );
        }
        Ok(true)
    }
}

/// One script's line in the table.
pub(super) struct Entry<'a> {
    name: &'a str,
    sha256: String,
    role: &'static str,
}

impl<'a> Entry<'a> {
    pub(super) fn of(script: &'a InitScript) -> Self {
        Self {
            name: &script.name,
            sha256: hex(&Sha256::digest(script.sql.as_bytes())),
            role: match script.role {
                ScriptRole::Admin => "admin",
                _ => "tenant",
            },
        }
    }

    /// Written by the script's own session, in its transaction, with the rights it logged in with.
    pub(super) async fn record(&self, session: &Session) -> Result<()> {
        let insert = format!(
            "SET LOCAL ROLE NONE; INSERT INTO pgs.init_script (name, sha256, role) VALUES ({}, {}, {})",
            text(self.name),
            text(&self.sha256),
            text(self.role)
        );
        session.run("recording the script", &insert).await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Everybody may read it, because a tenant's `pg_dump` has to.
const MAKE: &str = "CREATE SCHEMA IF NOT EXISTS pgs AUTHORIZATION pgs_admin; \
     CREATE TABLE IF NOT EXISTS pgs.init_script (name text PRIMARY KEY, sha256 text NOT NULL, role text NOT NULL, \
         applied_at timestamptz NOT NULL DEFAULT now()); \
     GRANT USAGE ON SCHEMA pgs TO PUBLIC; GRANT SELECT ON pgs.init_script TO PUBLIC";
const OWNERS: &str = "SELECT (SELECT pg_get_userbyid(nspowner) = $1 FROM pg_namespace WHERE nspname = 'pgs') \
     AND (SELECT pg_get_userbyid(relowner) = $1 FROM pg_class WHERE oid = 'pgs.init_script'::regclass)";
const FIND: &str = "SELECT (SELECT sha256 FROM pgs.init_script WHERE name = $1)";

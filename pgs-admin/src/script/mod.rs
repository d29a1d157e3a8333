//! Init scripts: each once, wholly or not at all, with the rights of their role and not a right more.

mod guest;
mod ledger;
mod position;

use crate::{
    PgAdmin, failure,
    login::Manners,
    session::{Broken, Session},
    stats::column,
};
use guest::Guest;
use ledger::{Entry, Ledger};
use pgs_core::{
    Error, ErrorKind, InitScript, Result, ScriptRole, TenantId, provision::ScriptOutcome,
};

pub(crate) async fn run(
    admin: &PgAdmin,
    id: &TenantId,
    script: &InitScript,
) -> Result<ScriptOutcome> {
    let manager = admin.session(id.as_str()).await?;
    let entry = Entry::of(script);
    let ledger = Ledger::open(&manager).await?;
    if ledger.has(&entry).await? {
        return Ok(ScriptOutcome::AlreadyApplied);
    }
    match script.role {
        ScriptRole::Admin => run_as_admin(admin, id, script, &entry).await?,
        _ => run_as_guest(admin, &manager, id, script, &entry).await?,
    }
    manager.close().await;
    Ok(ScriptOutcome::Applied)
}

async fn run_as_admin(
    admin: &PgAdmin,
    id: &TenantId,
    script: &InitScript,
    entry: &Entry<'_>,
) -> Result<()> {
    let session = admin.login(id.as_str(), Manners::Script).open().await?;
    let outcome = run_in(&session, script, entry).await;
    session.close().await;
    outcome
}

async fn run_as_guest(
    admin: &PgAdmin,
    manager: &Session,
    id: &TenantId,
    script: &InitScript,
    entry: &Entry<'_>,
) -> Result<()> {
    Guest::dismiss_all(manager, id).await?;
    let guest = Guest::invite(manager, id).await?;
    let outcome = match guest.session(admin, id).await {
        Ok(session) => {
            let outcome = run_in(&session, script, entry).await;
            session.close().await;
            outcome
        }
        Err(error) => Err(error),
    };
    if let Err(error) = guest.dismiss(manager, id).await {
        tracing::warn!(tenant = %id, %error, "a script's role is left over; the next script takes it away");
    }
    outcome
}

/// The script and its record in one transaction, which the script can neither end nor leave.
async fn run_in(session: &Session, script: &InitScript, entry: &Entry<'_>) -> Result<()> {
    session.run("beginning the script", "BEGIN").await?;
    let before = transaction(session).await?;
    session
        .run_foreign(&script.sql)
        .await
        .map_err(|broken| failed(script, broken))?;
    if transaction(session).await? != before {
        return Err(ended_transaction(script));
    }
    entry.record(session).await?;
    session
        .run_foreign("COMMIT")
        .await
        .map_err(|broken| failed(script, broken))
}

async fn transaction(session: &Session) -> Result<String> {
    let row = session
        .row(
            "asking for the transaction",
            "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text",
            &[],
        )
        .await?;
    column(&row, 0)
}

fn failed(script: &InitScript, broken: Broken) -> Error {
    let error = match broken {
        Broken::Late(error) => return error,
        Broken::Refused(error) => error,
    };
    let place = position::line_of(&error, &script.sql)
        .map_or_else(String::new, |line| format!(" at line {line}"));
    Error::new(
        ErrorKind::InitScript,
        format!(
            "init script `{}` failed{place}: {}",
            script.name,
            failure::server_words(&error)
        ),
    )
}

fn ended_transaction(script: &InitScript) -> Error {
    Error::new(
        ErrorKind::InitScript,
        format!("init script `{}` ended its transaction", script.name),
    )
    .with_remedy("leave BEGIN, COMMIT and ROLLBACK out: every init script is one transaction")
}

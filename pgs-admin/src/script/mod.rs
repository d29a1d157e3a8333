//! Init scripts: each once, wholly or not at all, with the rights of their role and not a right more.

mod guest;
mod ledger;
mod place;
mod scanner;
mod statements;

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
    let outcome = if ledger.has(&entry).await? {
        ScriptOutcome::AlreadyApplied
    } else {
        apply(admin, &manager, id, script, &entry).await?;
        ScriptOutcome::Applied
    };
    manager.close().await;
    Ok(outcome)
}

async fn apply(
    admin: &PgAdmin,
    manager: &Session,
    id: &TenantId,
    script: &InitScript,
    entry: &Entry<'_>,
) -> Result<()> {
    let statements = statements::split(&script.sql);
    if let Some(ending) = statements
        .iter()
        .find(|statement| statement.controls_the_transaction())
    {
        return Err(transaction_control(script, ending.line));
    }
    match script.role {
        ScriptRole::Admin => run_as_admin(admin, id, script, entry).await,
        _ => run_as_guest(admin, manager, id, script, entry).await,
    }
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
        return Err(left_transaction(script));
    }
    entry.record(session).await?;
    session
        .run_foreign("COMMIT")
        .await
        .map_err(|broken| failed_at_its_end(script, broken))
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
    match broken {
        Broken::Late(error) => error,
        Broken::Refused { error, done } => {
            let line = place::line_of(&error, done, &script.sql);
            let words = failure::server_words(&error);
            let failed = complaint(script, &format!("failed at line {line}: {words}"));
            match place::advice(&error, line, &script.sql) {
                Some(advice) => failed.with_remedy(advice),
                None => failed,
            }
        }
    }
}

/// Where constraints that waited until now speak up.
fn failed_at_its_end(script: &InitScript, broken: Broken) -> Error {
    match broken {
        Broken::Late(error) => error,
        Broken::Refused { error, .. } => {
            let line = script.sql.lines().count().max(1);
            let words = failure::server_words(&error);
            complaint(
                script,
                &format!("failed at line {line}, when its transaction ended: {words}"),
            )
        }
    }
}

fn transaction_control(script: &InitScript, line: usize) -> Error {
    complaint(
        script,
        &format!("failed at line {line}: it controls the transaction itself"),
    )
    .with_remedy(ONE_TRANSACTION)
}

fn left_transaction(script: &InitScript) -> Error {
    complaint(script, "left its transaction").with_remedy(ONE_TRANSACTION)
}

fn complaint(script: &InitScript, how: &str) -> Error {
    Error::new(
        ErrorKind::InitScript,
        format!("init script `{}` {how}", script.name),
    )
}

const ONE_TRANSACTION: &str =
    "leave BEGIN, COMMIT and ROLLBACK out: every init script is one transaction already";

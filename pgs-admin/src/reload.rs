use crate::{PgAdmin, session::Session, sql, stats::column};
use pgs_core::{Error, ErrorKind, Result};

/// Has the server read its configuration files again, and answers which settings wait for its next start.
pub(crate) async fn reload(admin: &PgAdmin) -> Result<Vec<String>> {
    let session = admin.session(sql::HOME).await?;
    let waiting = reload_in(&session).await?;
    session.close().await;
    Ok(waiting)
}

async fn reload_in(session: &Session) -> Result<Vec<String>> {
    refuse_mistakes(session).await?;
    let before = session.row("reloading", RELOAD, &[]).await?;
    let before: String = column(&before, 0)?;
    for _ in 0..TURNS {
        session.row("reloading", TURN, &[]).await?;
        let row = session.row("reloading", WAITING, &[&before]).await?;
        if column::<bool>(&row, 0)? {
            return Ok(names(&column::<String>(&row, 1)?));
        }
    }
    Err(Error::new(
        ErrorKind::Timeout,
        "the server has not read its configuration again yet",
    )
    .with_remedy("look again later; if it stays so, restart the server"))
}

/// The server would go on with its old settings and say so in its log only.
async fn refuse_mistakes(session: &Session) -> Result<()> {
    session.row("reading the settings", READ, &[]).await?;
    let row = session.row("reading the settings", MISTAKES, &[]).await?;
    let mistakes: String = column(&row, 0)?;
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("the server does not take the settings: {mistakes}"),
    )
    .with_remedy("correct or leave out what it names"))
}

fn names(list: &str) -> Vec<String> {
    let names = list.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// `pg_file_settings` reads the files as they are now (`PostgreSQL` manual, section 53.8), and this session then knows
/// which of their values wait for a restart.
const READ: &str = "SELECT count(*) FROM pg_file_settings";
/// A value that waits for a restart has an error too, the same as one that no restart would make good.
const MISTAKES: &str = "SELECT coalesce(string_agg(concat_ws(': ', files.name, files.error), '; '), '') \
     FROM pg_file_settings AS files LEFT JOIN pg_settings AS held ON lower(held.name) = lower(files.name) \
     WHERE files.error IS NOT NULL AND held.pending_restart IS NOT TRUE";
/// The time of the last reload is this session's own, so it is asked before the signal can arrive.
const RELOAD: &str = "SELECT loaded::text, pg_reload_conf() FROM (SELECT pg_conf_load_time() AS loaded OFFSET 0) AS before";
const TURN: &str = "SELECT pg_sleep(0.02)";
const WAITING: &str = "SELECT pg_conf_load_time() IS DISTINCT FROM $1::timestamptz, \
     coalesce((SELECT string_agg(name, ',' ORDER BY name) FROM pg_settings WHERE pending_restart), '')";
const TURNS: u32 = 250;

//! Ending sessions through the server, so that their clients read SQLSTATE 57P01.

use crate::{PgAdmin, sql, stats::column};
use pgs_core::{Result, provision::ServerSession};

/// The user name is what the server vouches for; an application name is whatever its client says.
pub(crate) async fn end_sessions(admin: &PgAdmin) -> Result<u64> {
    ask(admin, END_SESSIONS, &[]).await
}

pub(crate) async fn terminate(admin: &PgAdmin, sessions: &[ServerSession]) -> Result<u64> {
    let pids = array(sessions.iter().map(|session| session.pid));
    let ages = array(sessions.iter().map(|session| session.age.as_secs_f64()));
    ask(admin, TERMINATE, &[&pids, &ages]).await
}

async fn ask(admin: &PgAdmin, sql: &str, parameters: &[&str]) -> Result<u64> {
    let session = admin.session(sql::HOME).await?;
    let row = session.row("ending sessions", sql, parameters).await?;
    session.close().await;
    Ok(column::<i64>(&row, 0)?.unsigned_abs())
}

/// An array as SQL reads it.
fn array<T: ToString>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<_> = items.map(|item| item.to_string()).collect();
    format!("{{{}}}", items.join(","))
}

const END_SESSIONS: &str = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE backend_type IN ('client backend', 'walsender') AND usename IS DISTINCT FROM 'pgs_admin'";
/// Whoever began after a session announced its key has taken over its process id.
const TERMINATE: &str = "SELECT count(*) FILTER (WHERE pg_terminate_backend(live.pid)) FROM pg_stat_activity AS live \
     JOIN unnest($1::int8[], $2::float8[]) AS meant (pid, age) ON live.pid = meant.pid \
     WHERE backend_type IN ('client backend', 'walsender') AND usename IS DISTINCT FROM 'pgs_admin' \
     AND backend_start <= clock_timestamp() - make_interval(secs => age)";

use crate::{PgAdmin, session::Session, sql};
use pgs_core::{Error, Result, provision::InstanceStats};
use tokio_postgres::{Row, types::FromSqlOwned};

pub(crate) async fn read(admin: &PgAdmin) -> Result<InstanceStats> {
    let session = admin.session(sql::HOME).await?;
    let stats = ask(&session).await?;
    session.close().await;
    Ok(stats)
}

async fn ask(session: &Session) -> Result<InstanceStats> {
    let row = session.row("asking for statistics", STATS, &[]).await?;
    let version: String = column(&row, 2)?;
    let mut stats = InstanceStats::default();
    stats.sessions = column::<i64>(&row, 0)?.unsigned_abs();
    stats.size_bytes = column::<i64>(&row, 1)?.unsigned_abs();
    // Distributions add words of their own, as in `15.18 (Debian 15.18-0+deb12u1)`.
    version
        .split(' ')
        .next()
        .unwrap_or_default()
        .clone_into(&mut stats.server_version);
    stats.system_identifier = column::<i64>(&row, 3)?.cast_unsigned().to_string();
    Ok(stats)
}

pub(crate) fn column<T: FromSqlOwned>(row: &Row, index: usize) -> Result<T> {
    row.try_get(index)
        .map_err(|error| Error::internal("the server's answer has another type").with_source(error))
}

const STATS: &str = "SELECT \
     (SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') \
         AND usename IS DISTINCT FROM 'pgs_admin'), \
     (SELECT coalesce(sum(pg_database_size(oid)), 0)::bigint FROM pg_database), \
     current_setting('server_version'), \
     (SELECT system_identifier FROM pg_control_system())";

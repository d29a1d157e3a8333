//! `sqlx`, which has a protocol implementation of its own.

use crate::{
    common::{Stage, password},
    errand::{Driver, locked_version},
    mode::Mode,
};
use ::sqlx::{
    ConnectOptions, Connection, Error, PgConnection, Row,
    postgres::{PgConnectOptions, PgSslMode},
};

#[test]
fn sqlx_runs_the_errand() {
    let driver = Driver {
        name: "sqlx",
        // It cannot begin with TLS.
        modes: &[Mode::Plain],
        // It cannot cancel.
        otherwise: &[("cancelled", None)],
    };
    driver.does(|stage, mode| stage.run("the errand", errand(stage, mode)).unwrap());
}

async fn connect(stage: &Stage, mode: Mode, password: &str) -> Result<PgConnection, Error> {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&stage.address().ip().to_string())
        .port(stage.address().port())
        .username("acme")
        .password(password)
        .application_name("errand");
    let options = match mode {
        Mode::Plain => options.ssl_mode(PgSslMode::Disable),
    };
    options.connect().await
}

async fn errand(stage: &Stage, mode: Mode) -> Result<Vec<String>, Error> {
    let mut lines = vec![format!("driver sqlx {}", locked_version("sqlx"))];
    let mut connection = connect(stage, mode, &password("acme")).await?;
    for (word, query) in [
        ("user", "SELECT current_user::text"),
        ("application", "SELECT current_setting('application_name')"),
    ] {
        let value: String = sqlx::query_scalar(query).fetch_one(&mut connection).await?;
        lines.push(format!("{word} {value}"));
    }
    lines.push(prepared(&mut connection).await?);
    lines.push(rows(&mut connection).await?);
    lines.push(copied(&mut connection).await?);
    sqlx::query("SET statement_timeout = 50")
        .execute(&mut connection)
        .await?;
    for (word, query) in [
        ("timeout", "SELECT pg_sleep(600)"),
        ("error", "SELECT nosuch"),
    ] {
        let failed = sqlx::query(query).execute(&mut connection).await;
        lines.push(format!("{word} {}", sqlstate(failed)));
    }
    let refused = connect(stage, mode, "wrong").await;
    lines.push(format!("wrong password {}", sqlstate(refused)));
    connection.close().await?;
    Ok(lines)
}

async fn prepared(connection: &mut PgConnection) -> Result<String, Error> {
    let (number, text): (i32, String) = sqlx::query_as("SELECT $1::int + 1, $2::text")
        .bind(41)
        .bind("één")
        .fetch_one(connection)
        .await?;
    Ok(format!("prepared {number} {text}"))
}

async fn rows(connection: &mut PgConnection) -> Result<String, Error> {
    let query = "SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i";
    let rows = sqlx::query(query).fetch_all(connection).await?;
    let sum: i32 = rows.iter().map(|row| row.get::<i32, _>(0)).sum();
    Ok(format!("rows {} {sum}", rows.len()))
}

async fn copied(connection: &mut PgConnection) -> Result<String, Error> {
    sqlx::query("CREATE TEMP TABLE t (i int)")
        .execute(&mut *connection)
        .await?;
    let lines: String = (0..50_000)
        .map(|i| [i.to_string(), "\n".to_owned()].concat())
        .collect();
    let mut copy = connection.copy_in_raw("COPY t FROM STDIN").await?;
    copy.send(lines.as_bytes()).await?;
    copy.finish().await?;
    let sum: i64 = sqlx::query_scalar("SELECT sum(i) FROM t")
        .fetch_one(connection)
        .await?;
    Ok(format!("copied {sum}"))
}

fn sqlstate<T>(failed: Result<T, Error>) -> String {
    match failed {
        Err(Error::Database(error)) => error.code().unwrap_or_default().into_owned(),
        Err(error) => error.to_string(),
        Ok(_) => "none".to_owned(),
    }
}

//! `tokio-postgres`.

use crate::{
    common::{Stage, password},
    errand::{Driver, locked_version},
    mode::Mode,
};
use ::tokio_postgres::{Client, Config, Error, NoTls, error::SqlState};
use futures_util::SinkExt;

async fn connect(stage: &Stage, mode: Mode, name: &str, password: &str) -> Result<Client, Error> {
    let address = stage.address();
    let mut config = Config::new();
    config
        .host(address.ip().to_string())
        .port(address.port())
        .user(name)
        .password(password)
        .application_name("errand");
    match mode {
        Mode::Plain => {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

async fn cancel(client: &Client, mode: Mode) -> Result<(), Error> {
    match mode {
        Mode::Plain => client.cancel_token().cancel_query(NoTls).await,
    }
}

#[test]
fn tokio_postgres_runs_the_errand() {
    let driver = Driver {
        name: "tokio-postgres",
        modes: &Mode::ALL,
        otherwise: &[],
    };
    driver.does(|stage, mode| stage.run("the errand", errand(stage, mode)).unwrap());
}

async fn errand(stage: &Stage, mode: Mode) -> Result<Vec<String>, Error> {
    let version = locked_version("tokio-postgres");
    let mut lines = vec![format!("driver tokio-postgres {version}")];
    let client = connect(stage, mode, "acme", &password("acme")).await?;
    for (word, query) in [
        ("user", "SELECT current_user::text"),
        ("application", "SELECT current_setting('application_name')"),
    ] {
        let row = client.query_one(query, &[]).await?;
        lines.push(format!("{word} {}", row.get::<_, &str>(0)));
    }
    lines.push(prepared(&client).await?);
    lines.push(rows(&client).await?);
    lines.push(copied(&client).await?);
    lines.push(cancelled(stage, mode, &client).await?);
    client.batch_execute("SET statement_timeout = 50").await?;
    for (word, query) in [
        ("timeout", "SELECT pg_sleep(600)"),
        ("error", "SELECT nosuch"),
    ] {
        let failed = client.batch_execute(query).await;
        lines.push(format!("{word} {}", sqlstate(failed)));
    }
    let refused = connect(stage, mode, "acme", "wrong").await;
    lines.push(format!("wrong password {}", sqlstate(refused)));
    Ok(lines)
}

async fn prepared(client: &Client) -> Result<String, Error> {
    let statement = client.prepare("SELECT $1::int + 1, $2::text").await?;
    let row = client.query_one(&statement, &[&41, &"één"]).await?;
    let (number, text): (i32, &str) = (row.get(0), row.get(1));
    Ok(format!("prepared {number} {text}"))
}

async fn rows(client: &Client) -> Result<String, Error> {
    let query = "SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i";
    let rows = client.query(query, &[]).await?;
    let sum: i32 = rows.iter().map(|row| row.get::<_, i32>(0)).sum();
    Ok(format!("rows {} {sum}", rows.len()))
}

async fn copied(client: &Client) -> Result<String, Error> {
    client.batch_execute("CREATE TEMP TABLE t (i int)").await?;
    let mut copy = Box::pin(client.copy_in("COPY t FROM STDIN").await?);
    let row = |i: usize| [i.to_string(), "\n".to_owned()].concat();
    let lines: String = (0..50_000).map(row).collect();
    copy.send(bytes::Bytes::from(lines)).await?;
    copy.as_mut().finish().await?;
    let row = client.query_one("SELECT sum(i) FROM t", &[]).await?;
    Ok(format!("copied {}", row.get::<_, i64>(0)))
}

async fn cancelled(stage: &Stage, mode: Mode, client: &Client) -> Result<String, Error> {
    let watcher = connect(stage, mode, "acme", &password("acme")).await?;
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
    let pid: i32 = row.get(0);
    let cancel = async {
        let sleeps = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while watcher.query_opt(sleeps, &[&pid]).await?.is_none() {}
        cancel(client, mode).await
    };
    let (slept, cancelled) = tokio::join!(client.batch_execute("SELECT pg_sleep(600)"), cancel);
    cancelled?;
    assert_eq!(sqlstate(slept), SqlState::QUERY_CANCELED.code());
    let row = client.query_one("SELECT 'on'", &[]).await?;
    Ok(format!("cancelled, and goes {}", row.get::<_, &str>(0)))
}

fn sqlstate<T>(failed: Result<T, Error>) -> String {
    let code = failed.err().and_then(|error| error.code().cloned());
    code.map_or_else(|| "none".to_owned(), |code| code.code().to_owned())
}

#[test]
fn tokio_postgres_sees_the_code_of_a_refusal() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    stage.run("be refused", async {
        for (name, code) in [
            ("acme", SqlState::INVALID_PASSWORD),
            ("nobody", SqlState::INVALID_AUTHORIZATION_SPECIFICATION),
            ("closed", SqlState::INVALID_AUTHORIZATION_SPECIFICATION),
        ] {
            let refused = connect(&stage, Mode::Plain, name, "wrong")
                .await
                .unwrap_err();
            assert_eq!(refused.code(), Some(&code), "{name}");
        }
    });
}

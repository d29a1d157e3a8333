//! `tokio-postgres`.

use crate::{
    common::{Stage, password},
    errand::{Driver, locked_version},
    mode::{Mode, Way},
};
use ::tokio_postgres::{Client, Config, Error, NoTls, config::SslNegotiation, error::SqlState};
use futures_util::SinkExt;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

async fn connect(way: &Way<'_>, password: &str) -> Result<Client, Error> {
    let mut config = Config::new();
    config
        .host(way.host)
        .port(way.address.port())
        .user("acme")
        .password(password)
        .application_name("errand");
    if way.mode == Mode::Plain {
        return in_the_clear(&config).await;
    }
    config.ssl_mode(::tokio_postgres::config::SslMode::Require);
    if way.mode == Mode::Direct {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    let (client, connection) = config.connect(tls(way)).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn in_the_clear(config: &Config) -> Result<Client, Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn cancel(client: &Client, way: &Way<'_>) -> Result<(), Error> {
    match way.mode {
        Mode::Plain => client.cancel_token().cancel_query(NoTls).await,
        Mode::Tls | Mode::Direct => client.cancel_token().cancel_query(tls(way)).await,
    }
}

/// What rustls is told; the protocol (ALPN) is needed where TLS begins at once.
fn tls(way: &Way<'_>) -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&way.root).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    MakeRustlsConnect::new(config)
}

#[test]
fn tokio_postgres_runs_the_errand() {
    let driver = Driver {
        name: "tokio-postgres",
        modes: &Mode::ALL,
        otherwise: &[],
    };
    driver.does(|way| way.stage.run("the errand", errand(way)).unwrap());
}

async fn errand(way: &Way<'_>) -> Result<Vec<String>, Error> {
    let version = locked_version("tokio-postgres");
    let mut lines = vec![format!("driver tokio-postgres {version}")];
    let client = connect(way, &password("acme")).await?;
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
    lines.push(cancelled(way, &client).await?);
    client.batch_execute("SET statement_timeout = 50").await?;
    for (word, query) in [
        ("timeout", "SELECT pg_sleep(600)"),
        ("error", "SELECT nosuch"),
    ] {
        let failed = client.batch_execute(query).await;
        lines.push(format!("{word} {}", sqlstate(failed)));
    }
    let refused = connect(way, "wrong").await;
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

async fn cancelled(way: &Way<'_>, client: &Client) -> Result<String, Error> {
    let watcher = connect(way, &password("acme")).await?;
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
    let pid: i32 = row.get(0);
    let cancel = async {
        let sleeps = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while watcher.query_opt(sleeps, &[&pid]).await?.is_none() {}
        cancel(client, way).await
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
            let mut config = Config::new();
            config
                .host(stage.address().ip().to_string())
                .port(stage.address().port())
                .user(name)
                .password("wrong");
            let refused = in_the_clear(&config).await.unwrap_err();
            assert_eq!(refused.code(), Some(&code), "{name}");
        }
    });
}

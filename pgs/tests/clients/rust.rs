//! `tokio-postgres`.

use crate::common::{Stage, password};
use tokio_postgres::{Client, Config, Error, NoTls, error::SqlState};

async fn connect(stage: &Stage, name: &str, password: &str) -> Result<Client, Error> {
    let address = stage.address();
    let mut config = Config::new();
    config
        .host(address.ip().to_string())
        .port(address.port())
        .user(name)
        .password(password);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[test]
fn tokio_postgres_asks_and_is_answered() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.run("ask", async {
        let client = connect(&stage, "acme", &password("acme")).await.unwrap();
        let row = client
            .query_one("SELECT current_user::text, $1::int + 1", &[&41])
            .await
            .unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(1)), ("acme", 42));
    });
}

#[test]
fn tokio_postgres_cancels_a_query() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.run("cancel", async {
        let client = connect(&stage, "acme", &password("acme")).await.unwrap();
        let watcher = connect(&stage, "acme", &password("acme")).await.unwrap();
        let pid: i32 = client
            .query_one("SELECT pg_backend_pid()", &[])
            .await
            .unwrap()
            .get(0);
        let cancel = async {
            let sleeps = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
            while watcher.query_opt(sleeps, &[&pid]).await.unwrap().is_none() {}
            client.cancel_token().cancel_query(NoTls).await.unwrap();
        };
        let (slept, ()) = tokio::join!(client.batch_execute("SELECT pg_sleep(600)"), cancel);
        assert_eq!(slept.unwrap_err().code(), Some(&SqlState::QUERY_CANCELED));
    });
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
            let refused = connect(&stage, name, "wrong").await.unwrap_err();
            assert_eq!(refused.code(), Some(&code), "{name}");
        }
    });
}

//! A test suite whose tests have a PostgreSQL server each, and so disturb nobody: not with the same table names, not with
//! settings, not with locks. It uses nothing but what `pgs` offers to everybody; copy `with_tenant` into your own suite.
//!
//! One throw-away manager serves the whole program. The first tenant makes its template, which takes seconds; every other
//! one is a copy of that, which takes a fraction of one. Each test's server goes with the test. The manager's empty
//! directory stays until the next run of any suite takes it down, since a Rust test program has no last test.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use pgs::{Ephemeral, Proxy, TenantSpec};
use std::{
    panic::resume_unwind,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{runtime::Runtime, sync::OnceCell};
use tokio_postgres::{Client, NoTls};

/// What all tests share.
struct Suite {
    pgs: Ephemeral,
    proxy: Proxy,
}

/// Of the whole program: what is open belongs to the runtime it was opened on, and tests come and go.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SUITE: OnceCell<Suite> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(1);

impl Suite {
    async fn open() -> Self {
        let pgs = pgs::ephemeral().await.unwrap();
        let proxy = Proxy::builder(&pgs).listen("127.0.0.1:0");
        let proxy = proxy.start().await.unwrap();
        Self { pgs, proxy }
    }
}

/// Runs a test with the URL of a database that is its own, and takes the server away, also if the test fails.
fn with_tenant<T: Future<Output = ()> + Send + 'static>(test: impl FnOnce(String) -> T) {
    RUNTIME.block_on(async {
        let suite = SUITE.get_or_init(Suite::open).await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("test_{number}").parse().unwrap();
        let mut spec = TenantSpec::default();
        spec.access = pgs::Access::Enabled;
        let created = suite.pgs.create(id, spec).await.unwrap();
        let url = suite.pgs.url(&created.id, suite.proxy.address());
        let password = created.password.reveal();
        // A generated password needs no escaping.
        let url = url.replacen('@', &format!(":{password}@"), 1);
        let outcome = tokio::spawn(test(url)).await;
        suite.pgs.purge(&created.id).await.unwrap();
        if let Err(failed) = outcome {
            resume_unwind(failed.into_panic());
        }
    });
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// As an application would set its database up.
const SCHEMA: &str =
    "create table accounts (owner text primary key, cents bigint not null check (cents >= 0));
    insert into accounts values ('ann', 100), ('bob', 0)";

async fn cents(client: &Client, owner: &str) -> i64 {
    let row = client
        .query_one("select cents from accounts where owner = $1", &[&owner])
        .await;
    row.unwrap().get(0)
}

#[test]
fn money_moves() {
    with_tenant(async |url| {
        let client = client(&url).await;
        client.batch_execute(SCHEMA).await.unwrap();
        let moved =
            "update accounts set cents = cents + case owner when 'ann' then -40 else 40 end";
        client.batch_execute(moved).await.unwrap();
        assert_eq!(cents(&client, "ann").await, 60);
        assert_eq!(cents(&client, "bob").await, 40);
    });
}

/// Beside the other tests, with the same tables.
#[test]
fn nobody_gives_what_they_do_not_have() {
    with_tenant(async |url| {
        let mut client = client(&url).await;
        client.batch_execute(SCHEMA).await.unwrap();
        let transaction = client.transaction().await.unwrap();
        let overdrawn = transaction
            .batch_execute("update accounts set cents = cents - 101 where owner = 'ann'")
            .await
            .unwrap_err();
        assert_eq!(overdrawn.code().unwrap().code(), "23514");
        transaction.rollback().await.unwrap();
        assert_eq!(cents(&client, "ann").await, 100);
    });
}

/// What no suite that shares a server can do: settings of the whole database, and roles.
#[test]
fn a_test_may_do_what_it_likes_with_its_server() {
    with_tenant(async |url| {
        let first = client(&url).await;
        let database = first
            .query_one("select current_database()::text", &[])
            .await;
        let database: String = database.unwrap().get(0);
        let statements =
            format!("create role reader; alter database {database} set statement_timeout = '7s'");
        first.batch_execute(&statements).await.unwrap();
        let shown = client(&url)
            .await
            .query_one("show statement_timeout", &[])
            .await;
        assert_eq!(shown.unwrap().get::<_, String>(0), "7s");
    });
}

#[test]
fn a_server_goes_with_its_test_also_when_that_fails() {
    let failed = std::panic::catch_unwind(|| {
        with_tenant(async |_| assert_eq!(1, 2, "this test is to fail"));
    });
    assert!(failed.is_err());
    with_tenant(async |_| {
        let suite = SUITE.get().unwrap();
        for tenant in suite.pgs.list().await.unwrap() {
            // Those of the tests beside this one run; the failed one's is gone, and nothing is in the trash.
            assert_ne!(tenant.lifecycle.to_string(), "failed");
        }
        assert!(suite.pgs.list_trash().await.unwrap().is_empty());
    });
}

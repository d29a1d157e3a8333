//! pgs inside an application: create a tenant, open the port, connect through it.
//!
//! Run it with `cargo run -p pgs-examples --bin embed`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use pgs::{Access, TenantSpec};
use tokio_postgres::NoTls;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A real application would use `pgs::open("./state")`, whose tenants stay; this one takes everything with it.
    let pgs = pgs::ephemeral().await?;

    let created = pgs.create("acme".parse()?, TenantSpec::default()).await?;
    println!(
        "created {}, a PostgreSQL {} server of its own",
        created.id, created.pg_version
    );

    pgs.set_access(&created.id, Access::Enabled).await?;
    let proxy = pgs::Proxy::builder(&pgs)
        .listen("127.0.0.1:0")
        .start()
        .await?;
    println!("clients use {}", pgs.url(&created.id, proxy.address()));

    let mut login = pgs
        .url(&created.id, proxy.address())
        .parse::<tokio_postgres::Config>()?;
    login.password(created.password.reveal());
    let (client, connection) = login.connect(NoTls).await?;
    let session = tokio::spawn(connection);
    let row = client
        .query_one("select current_user || ' on ' || version()", &[])
        .await?;
    println!("{}", row.get::<_, String>(0));

    drop(client);
    session.await??;
    proxy.shutdown().await;
    pgs.close().await?;
    Ok(())
}

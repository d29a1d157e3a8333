//! A routing rule of one's own: users named `<tenant>-report` go to the tenant, like the tenant itself, but no more than
//! two at a time.
//!
//! Run it with `cargo run -p pgs-examples --bin own_router`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use pgs::{
    InitScript, TenantSpec, TenantUid,
    routing::{CatalogRouter, Refusal, Route, RouteRequest, Router},
};
use std::sync::Arc;
use tokio_postgres::NoTls;

/// Asks the catalogue for the part before `-report`.
#[derive(Debug)]
struct Reporting(CatalogRouter);

#[async_trait]
impl Router for Reporting {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        let Some(tenant) = request.user.strip_suffix(b"-report") else {
            return self.0.route(request).await;
        };
        let mut asked = *request;
        asked.user = tenant;
        let mut route = self.0.route(&asked).await?;
        route.max_sessions = Some(2);
        Ok(route)
    }

    async fn admits(&self, uid: TenantUid) -> bool {
        self.0.admits(uid).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pgs = pgs::ephemeral().await?;
    let mut spec = TenantSpec::default();
    let role = "CREATE ROLE \"acme-report\" LOGIN PASSWORD 'example'";
    spec.init_scripts
        .push(InitScript::new("report-role", role).as_admin());
    let created = pgs.create("acme".parse()?, spec).await?;
    pgs.enable(&created.id).await?;

    let router = Reporting(CatalogRouter::new(Arc::clone(pgs.manager().catalog())));
    let proxy = pgs::Proxy::builder(&pgs)
        .listen("127.0.0.1:0")
        .router(Arc::new(router))
        .start()
        .await?;

    let mut login = tokio_postgres::Config::new();
    login.host("127.0.0.1").port(proxy.address().port());
    login.user("acme-report").password("example").dbname("acme");
    let (client, connection) = login.connect(NoTls).await?;
    let session = tokio::spawn(connection);
    let row = client
        .query_one("select current_user || ' in ' || current_database()", &[])
        .await?;
    println!("{}", row.get::<_, String>(0));

    drop(client);
    session.await??;
    proxy.shutdown().await;
    pgs.close().await?;
    Ok(())
}

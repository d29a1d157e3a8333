//! A routing rule of one's own: a program that still connects as `<customer number>@legacy` is sent to the tenant that the
//! customer has today, as that tenant's role, and no more than two of its sessions at a time.
//!
//! Everybody else is routed as always: by the keys of the listener.
//!
//! Run it with `cargo run -p pgs-examples --bin own_router`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use pgs::{
    TenantSpec, TenantUid,
    routing::{CatalogRouter, Login, Refusal, Route, RouteRequest, Router},
};
use std::{collections::HashMap, sync::Arc};
use tokio_postgres::NoTls;

/// The names of before, in front of the catalogue.
#[derive(Debug)]
struct Legacy {
    tenants: HashMap<&'static str, &'static str>,
    catalog: CatalogRouter,
}

#[async_trait]
impl Router for Legacy {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        let Some(customer) = request.user.strip_suffix(b"@legacy") else {
            return self.catalog.route(request).await;
        };
        let customer = std::str::from_utf8(customer).map_err(|_| Refusal::UnknownTenant)?;
        let tenant = *self.tenants.get(customer).ok_or(Refusal::UnknownTenant)?;
        let mut route = self
            .catalog
            .route(&request.by_user(tenant.as_bytes()))
            .await?;
        // The server knows no `4711@legacy`; a client that names no database gets the tenant's own.
        route.login = Some(Login::new(tenant, tenant));
        route.max_sessions = Some(2);
        Ok(route)
    }

    async fn admits(&self, uid: TenantUid) -> bool {
        self.catalog.admits(uid).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pgs = pgs::ephemeral().await?;
    let created = pgs.create("acme".parse()?, TenantSpec::default()).await?;
    pgs.enable(&created.id).await?;

    let router = Legacy {
        tenants: HashMap::from([("4711", "acme")]),
        catalog: CatalogRouter::new(Arc::clone(pgs.manager().catalog())),
    };
    let proxy = pgs::Proxy::builder(&pgs)
        .listen("127.0.0.1:0")
        .router(Arc::new(router))
        .start()
        .await?;

    let mut login = tokio_postgres::Config::new();
    login.host("127.0.0.1").port(proxy.address().port());
    login
        .user("4711@legacy")
        .password(created.password.reveal());
    let (client, connection) = login.connect(NoTls).await?;
    let session = tokio::spawn(connection);
    let row = client
        .query_one("select current_user || ' in ' || current_database()", &[])
        .await?;
    println!("4711@legacy is {}", row.get::<_, String>(0));

    drop(client);
    session.await??;
    proxy.shutdown().await;
    pgs.close().await?;
    Ok(())
}

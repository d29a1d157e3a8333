//! A service whose customers have a PostgreSQL server each, behind an HTTP API made with axum.
//!
//! - `POST /customers {"name": "acme"}` signs a customer up: a tenant is created and let in.
//! - `POST /notes {"text": "..."}` and `GET /notes` write and read the notes of the customer that the header `x-customer`
//!   names. The handlers know no customer: they get a connection to that one's own server, and there is nothing else in it.
//!
//! Run it with `cargo run -p pgs-examples --bin saas_axum`; it prints its address. An argument is another address to listen
//! on. SIGINT and SIGTERM let requests that are under way end.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod customer;
mod failure;
mod notes;
mod pools;
mod sign_up;

use axum::{Router, routing::get, routing::post};
use pools::Pools;
use std::{error::Error, sync::Arc};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A real service would use `pgs::open("./state")`, whose tenants stay; this one takes everything with it.
    let pgs = pgs::ephemeral().await?;
    let proxy = pgs::Proxy::builder(&pgs)
        .listen("127.0.0.1:0")
        .start()
        .await?;
    let pools = Arc::new(Pools::new(pgs.clone(), proxy.address()));

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let service = Router::new()
        .route("/customers", post(sign_up::sign_up))
        .route("/notes", get(notes::list).post(notes::add))
        .with_state(Arc::clone(&pools));
    axum::serve(listener, service)
        .with_graceful_shutdown(told_to_stop()?)
        .await?;

    // From the outside in: no more requests, then no more sessions, then no more servers.
    pools.close().await;
    proxy.shutdown().await;
    pgs.close().await?;
    println!("stopped");
    Ok(())
}

fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

//! What the tests share: a router that is told what to say, servers that speak fixed bytes, and a running proxy.

mod backend;
mod client;
mod gateway;
mod router;
mod tls;

pub(crate) use backend::{Backend, Session, login};
pub(crate) use client::{Client, startup};
pub(crate) use gateway::{Gateway, eager};
pub(crate) use router::TestRouter;
pub(crate) use tls::Tls;

use std::time::Duration;

/// Awaits what must come, and fails instead of hanging when it does not.
pub(crate) async fn soon<F: Future>(event: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), event)
        .await
        .expect("it never came")
}

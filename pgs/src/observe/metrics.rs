use super::{Observed, exposition::openmetrics, guest::Parlour};
use crate::ListenAddress;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use pgs_core::{Error, ErrorKind, Result};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

/// Where Prometheus asks: `/metrics`, and for those who only want to know whether it lives, `/healthz` and `/readyz`.
#[derive(Debug)]
pub(crate) struct MetricsEndpoint {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl MetricsEndpoint {
    pub(crate) async fn bind(address: &str) -> Result<Self> {
        let refused = |source| cannot_listen(address, source);
        let ListenAddress::Tcp(wanted) = ListenAddress::resolve(address).await? else {
            let message =
                format!("metrics are served on an address with a port, and `{address}` is none");
            return Err(Error::new(ErrorKind::InvalidInput, message)
                .with_remedy("write it as 127.0.0.1:9432, or ask the status socket for /metrics"));
        };
        let listener = pgs_proxy::bind(wanted).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        if !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "everybody who reaches this address can read the metrics, tenants' names included"
            );
        }
        Ok(Self { listener, address })
    }

    /// Takes the address over from a process that is about to give it up. Where it does not, the log says that there are no
    /// metrics, and everything else goes on.
    pub(crate) async fn inherit(address: &str) -> Option<Self> {
        let deadline = Instant::now() + GIVEN_UP_WITHIN;
        loop {
            match Self::bind(address).await {
                Ok(endpoint) => return Some(endpoint),
                Err(error)
                    if error.kind() == ErrorKind::AlreadyExists && Instant::now() < deadline =>
                {
                    sleep(ASKED_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(error = %error.chain(), "no metrics are served");
                    return None;
                }
            }
        }
    }

    pub(crate) async fn serve(self, observed: Observed) {
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .with_state(observed);
        if let Err(error) = axum::serve(Parlour::new(self.listener), router).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    }
}

pub(super) async fn metrics(State(observed): State<Observed>) -> Response {
    match openmetrics(observed) {
        Ok(text) => ([(CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A load balancer sends nobody here any more once it has begun to drain.
async fn ready(State(observed): State<Observed>) -> (StatusCode, &'static str) {
    if observed.is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

fn cannot_listen(address: &str, source: io::Error) -> Error {
    let message = format!("metrics cannot be served on `{address}`");
    let error = match source.kind() {
        io::ErrorKind::AddrInUse => Error::new(ErrorKind::AlreadyExists, message)
            .with_remedy("choose another port with --metrics, such as 127.0.0.1:9433"),
        kind => Error::io(message, io::Error::from(kind)),
    };
    error.with_source(source)
}

/// A process that was replaced closes its listeners at once; a busy machine makes that longer.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(5);
const ASKED_AGAIN: Duration = Duration::from_millis(20);
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

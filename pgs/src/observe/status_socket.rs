use super::{Observed, SocketFile, guest::Parlour, metrics::metrics};
use crate::status::{Ban, Report, Session};
use axum::{Json, Router, extract::State, routing::get};
use tokio::net::UnixListener;

/// Answers whoever may open the socket until it is dropped, which takes the socket's file with it.
pub(crate) async fn serve_status(listener: UnixListener, file: SocketFile, observed: Observed) {
    let router = Router::new()
        .route("/report", get(report))
        .route("/sessions", get(sessions))
        .route("/bans", get(bans))
        .route("/listeners", get(listeners))
        .route("/metrics", get(metrics))
        .with_state(observed);
    if let Err(error) = axum::serve(Parlour::new(listener), router).await {
        tracing::error!(%error, "the status socket is no longer served");
    }
    drop(file);
}

async fn report(State(observed): State<Observed>) -> Json<Report> {
    Json(observed.report())
}

async fn sessions(State(observed): State<Observed>) -> Json<Vec<Session>> {
    Json(observed.sessions())
}

async fn bans(State(observed): State<Observed>) -> Json<Vec<Ban>> {
    Json(observed.bans())
}

async fn listeners(State(observed): State<Observed>) -> Json<Vec<String>> {
    Json(observed.listeners())
}

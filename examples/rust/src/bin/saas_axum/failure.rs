use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use pgs::ErrorKind;

/// What a client is told: a status, and words that are meant for clients.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    words: String,
}

impl Failure {
    pub(crate) fn input(words: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            words: words.to_owned(),
        }
    }

    /// What goes wrong in the house stays there, in its log.
    #[expect(clippy::print_stderr, reason = "an example's log")]
    fn internal(cause: &dyn std::error::Error) -> Self {
        eprintln!("{cause}");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            words: "something went wrong here".to_owned(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (
            self.status,
            Json(serde_json::json!({ "error": self.words })),
        )
            .into_response()
    }
}

impl From<pgs::Error> for Failure {
    fn from(error: pgs::Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::AlreadyExists => StatusCode::CONFLICT,
            ErrorKind::Busy | ErrorKind::ResourceExhausted => StatusCode::SERVICE_UNAVAILABLE,
            _ => return Self::internal(&error),
        };
        Self {
            status,
            words: error.to_string(),
        }
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<deadpool_postgres::PoolError> for Failure {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::internal(&error)
    }
}

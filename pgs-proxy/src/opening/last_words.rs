use pgs_core::{
    handshake,
    routing::{Refusal, RouteRequest},
    wire::{ErrorResponse, StartupMessage},
};

/// The whole answer to a client that may know why it is refused.
pub(super) fn last_words(
    startup: &StartupMessage<'_>,
    request: &RouteRequest<'_>,
    refusal: &Refusal,
) -> Vec<u8> {
    let told = refusal.sql_error(request);
    let mut error = ErrorResponse::fatal(told.sqlstate, told.message);
    if let Some(hint) = told.hint {
        error = error.with_hint(hint);
    }
    handshake::refuse(startup, &error)
}

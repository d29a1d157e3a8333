//! A SCRAM exchange that cannot succeed, for names nobody may log in with.
//!
//! A refusal that comes at once tells a stranger that a tenant does not exist. PostgreSQL plays the whole exchange
//! through with a made-up salt instead, and so does this, message for message: `src/backend/libpq/auth-sasl.c` and
//! `auth-scram.c`. Every answer was compared with 18.6, the odd and malformed ones too. The F, L and R fields are
//! those of 18.6 except for the wrong password, whose are the caller's: they change between minor versions.

mod exchange;
pub use exchange::{MockAction, MockScram, MockStep};
mod secret;
pub use secret::MockSecret;

mod base64_length;
mod client_final;
mod client_first;
mod fault;
mod initial_response;
mod scram_text;

#[cfg(test)]
mod captured;

/// The only mechanism offered without TLS. Source: `src/include/common/scram-common.h`.
const MECHANISM: &str = "SCRAM-SHA-256";

use pgs_core::wire::ErrorSource;
use std::sync::{PoisonError, RwLock};

/// Where servers raise a wrong password, until one has shown it: a refusal that hides its reason has to look like theirs,
/// and the line changes between minor versions.
#[derive(Debug)]
pub(crate) struct WrongPassword(RwLock<ErrorSource>);

impl WrongPassword {
    pub(crate) fn source(&self) -> ErrorSource {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn preset(&self, source: &ErrorSource) {
        if *self.0.read().unwrap_or_else(PoisonError::into_inner) != *source {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = source.clone();
        }
    }
}

impl Default for WrongPassword {
    fn default() -> Self {
        Self(RwLock::new(POSTGRESQL_18_6))
    }
}

/// `src/backend/libpq/auth.c` of 18.6.
const POSTGRESQL_18_6: ErrorSource = ErrorSource::known("auth.c", "317", "auth_failed");

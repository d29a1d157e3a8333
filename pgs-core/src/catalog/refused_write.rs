//! Why a catalogue refuses a write, in the same words from every catalogue.

use crate::{Error, ErrorKind, TenantId};

/// The name is held by another tenant.
#[must_use]
pub fn already_exists(id: &TenantId) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("a tenant named `{id}` exists already"),
    )
    .with_remedy("choose another name, or remove that tenant first")
}

/// The record's revision moved on since it was read.
#[must_use]
pub fn changed_meanwhile(id: &TenantId) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("tenant `{id}` was changed by somebody else meanwhile"),
    )
    .with_remedy("look at it again and repeat")
}

/// The record was deleted since it was read.
#[must_use]
pub fn gone(id: &TenantId) -> Error {
    Error::new(ErrorKind::NotFound, format!("tenant `{id}` is gone"))
}

use super::{durable, home::Home};
use crate::failure::AtPath;
use pgs_core::{Error, ErrorKind, Result, provision::InstanceLabel};
use std::fs;

/// What is written on a tenant's storage, or why it cannot be told.
pub(crate) fn read(home: &Home) -> Result<InstanceLabel> {
    let path = home.label();
    let text = fs::read(&path).at("read", &path)?;
    let label: InstanceLabel = serde_json::from_slice(&text)
        .map_err(|error| corrupt(home, "cannot be read").with_source(error))?;
    if label.uid == home.uid() {
        return Ok(label);
    }
    Err(corrupt(home, "is another tenant's"))
}

/// The same, and none where it is missing or damaged. One that the disk does not give is an error.
pub(crate) fn read_if_whole(home: &Home) -> Result<Option<InstanceLabel>> {
    if !home.is_labelled()? {
        return Ok(None);
    }
    match read(home) {
        Err(error) if error.kind() == ErrorKind::Corrupt => Ok(None),
        read => read.map(Some),
    }
}

/// How to call the tenant: by its name where that is known, since nobody knows tenants by their uid.
pub(crate) fn tenant(home: &Home) -> String {
    match read(home) {
        Ok(label) => format!("tenant `{}`", label.id),
        Err(_) => format!("tenant uid `{}`", home.uid()),
    }
}

pub(crate) fn write(home: &Home, label: &InstanceLabel) -> Result<()> {
    let text = serde_json::to_vec_pretty(label)
        .map_err(|error| Error::internal("a label cannot be written").with_source(error))?;
    durable::write(&home.label(), &text, durable::PRIVATE_FILE, None)
}

fn corrupt(home: &Home, how: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the label `{}` {how}", home.label().display()),
    )
}

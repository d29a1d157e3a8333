use crate::refused::refused_by;
use pgs::{Access, Error, ErrorKind, Result, provision::StopMode};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Options as `ts/json.ts` wrote them.
pub(crate) fn options(text: &str) -> napi::Result<Value> {
    let value = serde_json::from_str(text).map_err(|cause| {
        Error::new(ErrorKind::InvalidInput, "the options are not understood").with_source(cause)
    });
    value.map_err(refused_by)
}

/// A count that is an argument of its own.
pub(crate) fn count<T: DeserializeOwned>(name: &str, text: &str) -> napi::Result<T> {
    let value = serde_json::from_value(options(text)?);
    value.map_err(|told| {
        refused_by(Error::new(
            ErrorKind::InvalidInput,
            format!("option `{name}`: {told}"),
        ))
    })
}

pub(crate) fn access(text: &str) -> Result<Access> {
    match text {
        "enabled" => Ok(Access::Enabled),
        "disabled" => Ok(Access::Disabled),
        other => Err(neither("access", other, "`enabled` or `disabled`")),
    }
}

pub(crate) fn stop_mode(text: &str) -> Result<StopMode> {
    match text {
        "fast" => Ok(StopMode::Fast),
        "immediate" => Ok(StopMode::Immediate),
        other => Err(neither("mode", other, "`fast` or `immediate`")),
    }
}

fn neither(name: &str, other: &str, expected: &str) -> Error {
    let message = format!("option `{name}`: `{other}` is not {expected}");
    Error::new(ErrorKind::InvalidInput, message)
}

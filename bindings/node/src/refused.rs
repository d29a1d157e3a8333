use pgs_bindings::Fault;

/// The error whose text `ts/errors.ts` reads: a fault as JSON.
pub(crate) fn refused(fault: &Fault) -> napi::Error {
    let text = serde_json::to_string(fault);
    napi::Error::from_reason(text.unwrap_or_else(|_| fault.message.clone()))
}

/// The same of an error of the facade.
pub(crate) fn refused_by(error: pgs::Error) -> napi::Error {
    refused(&Fault::from(error))
}

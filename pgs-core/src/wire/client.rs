//! What a client sends: for tests, benchmarks and the proxy's own errands.
//!
//! Source: PostgreSQL manual, [Message Formats](https://www.postgresql.org/docs/18/protocol-message-formats.html).

use super::first_packet::{CANCEL_REQUEST_CODE, GSSENC_REQUEST_CODE, SSL_REQUEST_CODE};
use super::{ProtocolVersion, frame};

/// Appends a `StartupMessage`. Neither the length nor the parameters are checked.
pub fn startup<'a>(
    version: ProtocolVersion,
    params: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    out: &mut Vec<u8>,
) {
    frame::put_sized(out, |body| {
        body.extend_from_slice(&version.code().to_be_bytes());
        for (name, value) in params {
            frame::put_cstr(body, name);
            frame::put_cstr(body, value);
        }
        body.push(0);
    });
}

/// Appends an `SSLRequest`.
pub fn ssl_request(out: &mut Vec<u8>) {
    request(SSL_REQUEST_CODE, out);
}

/// Appends a `GSSENCRequest`.
pub fn gssenc_request(out: &mut Vec<u8>) {
    request(GSSENC_REQUEST_CODE, out);
}

/// Appends a `CancelRequest`. The length of the key is not checked.
pub fn cancel_request(pid: u32, key: &[u8], out: &mut Vec<u8>) {
    frame::put_sized(out, |body| {
        body.extend_from_slice(&CANCEL_REQUEST_CODE.to_be_bytes());
        body.extend_from_slice(&pid.to_be_bytes());
        body.extend_from_slice(key);
    });
}

/// Appends a `SASLInitialResponse`; without `data` it asks the server to speak first.
pub fn sasl_initial_response(mechanism: &str, data: Option<&[u8]>, out: &mut Vec<u8>) {
    frame::put(out, b'p', |body| {
        frame::put_cstr(body, mechanism.as_bytes());
        let length = data.map_or(-1, |data| i32::try_from(data.len()).unwrap_or(i32::MAX));
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(data.unwrap_or_default());
    });
}

/// Appends a `SASLResponse`.
pub fn sasl_response(data: &[u8], out: &mut Vec<u8>) {
    frame::put(out, b'p', |body| body.extend_from_slice(data));
}

fn request(code: u32, out: &mut Vec<u8>) {
    frame::put_sized(out, |body| body.extend_from_slice(&code.to_be_bytes()));
}

//! The authentication requests of a server, as far as a proxy speaks for one.
//!
//! Source: PostgreSQL manual, [SASL Authentication](https://www.postgresql.org/docs/18/sasl-authentication.html);
//! `src/include/libpq/protocol.h`.

use super::frame;

/// Appends an `AuthenticationSASL` that offers `mechanisms`.
pub fn sasl(mechanisms: &[&str], out: &mut Vec<u8>) {
    request(AUTH_REQ_SASL, out, |body| {
        for mechanism in mechanisms {
            frame::put_cstr(body, mechanism.as_bytes());
        }
        body.push(0);
    });
}

/// Appends an `AuthenticationSASLContinue` with the mechanism's own `data`.
pub fn sasl_continue(data: &[u8], out: &mut Vec<u8>) {
    request(AUTH_REQ_SASL_CONT, out, |body| body.extend_from_slice(data));
}

fn request(code: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    frame::put(out, b'R', |body| {
        body.extend_from_slice(&code.to_be_bytes());
        fill(body);
    });
}

pub(super) const AUTH_REQ_OK: u32 = 0;
pub(super) const AUTH_REQ_SASL: u32 = 10;
pub(super) const AUTH_REQ_SASL_CONT: u32 = 11;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mechanism_list_is_what_postgresql_sends() {
        let mut out = Vec::new();
        sasl(&["SCRAM-SHA-256"], &mut out);
        assert_eq!(out, b"R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0");
    }

    #[test]
    fn an_empty_challenge_is_still_a_challenge() {
        let mut out = Vec::new();
        sasl_continue(b"", &mut out);
        assert_eq!(out, b"R\0\0\0\x08\0\0\0\x0B");
    }
}

//! What a client sends, written down from the manual once more: the tests do not trust the builders they test.

/// Protocol 3.0.
pub const V3_0: u32 = 0x0003_0000;
/// Protocol 3.2, with the long cancel keys.
pub const V3_2: u32 = 0x0003_0002;
/// The version that nobody speaks and everybody has to negotiate down.
pub const V3_9999: u32 = 0x0003_270F;
/// The code of a cancel request.
pub const CANCEL: u32 = 80_877_102;
/// A request for TLS.
pub const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x2F";
/// A request for GSSAPI encryption.
pub const GSSENC_REQUEST: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x30";

/// A startup packet of this version for this user, and nothing else in it.
pub fn startup(version: u32, user: &str) -> Vec<u8> {
    startup_with(version, &[("user", user)])
}

/// A startup packet with these parameters.
pub fn startup_with(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in parameters {
        for text in [name, value] {
            body.extend_from_slice(text.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    untagged(version, &body)
}

/// A packet as it is before the session: a length word, a code, and this.
pub fn untagged(code: u32, body: &[u8]) -> Vec<u8> {
    [&length(body.len() + 8)[..], &code.to_be_bytes(), body].concat()
}

/// A message of a session.
pub fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag][..], &length(body.len() + 4), body].concat()
}

/// A cancel request.
pub fn cancel(pid: u32, key: &[u8]) -> Vec<u8> {
    untagged(CANCEL, &[&pid.to_be_bytes(), key].concat())
}

/// A simple query.
pub fn query(sql: &str) -> Vec<u8> {
    tagged(b'Q', &text(sql))
}

/// Parses, binds and executes a statement without parameters. A [`sync`] has to follow some time.
pub fn extended(sql: &str) -> Vec<u8> {
    let parse = [b"\0", text(sql).as_slice(), b"\0\0"].concat();
    [
        tagged(b'P', &parse),
        tagged(b'B', &[0; 8]),
        tagged(b'E', &[0; 5]),
    ]
    .concat()
}

/// Ends a series of extended messages.
pub fn sync() -> Vec<u8> {
    tagged(b'S', b"")
}

/// Says goodbye.
pub fn terminate() -> Vec<u8> {
    tagged(b'X', b"")
}

/// Chooses the mechanism and sends the first SCRAM message.
pub fn sasl_initial(mechanism: &str, data: &[u8]) -> Vec<u8> {
    tagged(
        b'p',
        &[&text(mechanism)[..], &length(data.len()), data].concat(),
    )
}

fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length)
        .expect("a test's message is short")
        .to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_themselves() {
        assert_eq!(query("x"), b"Q\0\0\0\x06x\0");
        assert_eq!(startup(V3_2, "a"), b"\0\0\0\x10\0\x03\0\x02user\0a\0\0");
        assert_eq!(
            cancel(1, b"key."),
            b"\0\0\0\x10\x04\xD2\x16\x2E\0\0\0\x01key."
        );
    }
}

use super::base64_length::base64_length;
use super::client_first::Binding;
use super::fault::Fault;
use super::scram_text::ScramText;

/// Checks everything about a client-final-message but the proof itself, which is wrong by definition.
///
/// Source: `auth-scram.c`, `read_client_final_message` and `verify_final_nonce`; RFC 5802, section 7.
pub(super) fn check(message: &[u8], binding: Binding, nonce: &[u8]) -> Result<(), Fault> {
    let mut text = ScramText::new(message)?;
    if text.value_of(b'c')? != binding.echo() {
        return Err(Fault::ChannelBinding);
    }
    let echoed = text.value_of(b'r')?;
    let proof = loop {
        let (name, value) = text.any()?;
        if name == b'p' {
            break value;
        }
    };
    if base64_length(proof) != Some(PROOF_LENGTH) {
        return Err(Fault::Proof);
    }
    if !text.is_empty() {
        return Err(Fault::Garbage);
    }
    if echoed != nonce {
        return Err(Fault::Nonce);
    }
    Ok(())
}

/// The length of a SHA-256 digest.
const PROOF_LENGTH: usize = 32;

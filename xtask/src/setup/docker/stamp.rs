//! A short name for the content of several texts, to tell whether a thing was made from them.

/// The same texts give the same stamp on every machine and in every version of this program (FNV-1a, 64 bits).
pub(super) fn of(texts: &[&str]) -> String {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([END]));
    let hash = bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:016x}")
}

/// No byte of UTF-8, so that text cannot move from one to the next unnoticed.
const END: u8 = 0xff;
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_texts_apart() {
        let stamp = of(&["FROM scratch", "set -eu"]);
        assert_eq!(stamp, of(&["FROM scratch", "set -eu"]));
        assert_ne!(stamp, of(&["FROM scratch", "set -e"]));
        assert_ne!(stamp, of(&["FROM scratchset -eu", ""]));
        assert_ne!(stamp, of(&["FROM scratchs", "et -eu"]));
    }

    #[test]
    fn a_stamp_lasts() {
        assert_eq!(of(&[]), "cbf29ce484222325");
    }
}

use crate::SystemIdentifier;

/// Gives a segment of the write-ahead log to the cluster of this identity; `false`, and nothing is changed, when the
/// bytes do not begin with a segment's first page header.
///
/// Only that header names the cluster (`XLogLongPageHeaderData`, `src/include/access/xlog_internal.h`), and no checksum
/// covers it. The log of a cluster that was shut down in order goes on from there under its new identity.
#[must_use]
pub fn reidentify_segment(segment: &mut [u8], identifier: SystemIdentifier) -> bool {
    let is_long = |flags: &[u8]| {
        let flags = flags.try_into().map(u16::from_ne_bytes).unwrap_or_default();
        flags & XLP_LONG_HEADER != 0
    };
    if !segment.get(FLAGS..FLAGS + 2).is_some_and(is_long) {
        return false;
    }
    match segment.get_mut(SYSTEM_ID..SYSTEM_ID + 8) {
        Some(field) => field.copy_from_slice(&identifier.bytes()),
        None => return false,
    }
    true
}

/// Behind the page's magic number.
const FLAGS: usize = 2;
const XLP_LONG_HEADER: u16 = 0x0002;
/// Behind the short header: magic, flags, timeline, page address and remaining length, padded to eight bytes.
const SYSTEM_ID: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_identity_in_a_first_page_changes() {
        let mut segment = vec![9; 64];
        segment[2..4].copy_from_slice(&XLP_LONG_HEADER.to_ne_bytes());
        let before = segment.clone();
        let identifier = SystemIdentifier::generate();
        assert!(reidentify_segment(&mut segment, identifier));
        assert_eq!(segment[24..32], identifier.bytes());
        assert_eq!(
            (&segment[..24], &segment[32..]),
            (&before[..24], &before[32..])
        );
    }

    #[test]
    fn what_is_no_segment_is_left_alone() {
        for mut bytes in [vec![], vec![0; 3], vec![0; 64], vec![0xff; 20]] {
            let before = bytes.clone();
            assert!(!reidentify_segment(
                &mut bytes,
                SystemIdentifier::generate()
            ));
            assert_eq!(bytes, before);
        }
    }
}

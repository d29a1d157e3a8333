/// Whether `bytes` are whole messages with these tags, in this order. An old client's error is one to its end.
pub(crate) fn has_tags(mut bytes: &[u8], tags: &[u8]) -> bool {
    let mut tags = tags.iter();
    while let Some(rest) = after_message(bytes) {
        if tags.next() != bytes.first() {
            return false;
        }
        bytes = rest;
    }
    bytes.is_empty() && tags.next().is_none()
}

/// Whether `bytes` are whole messages, all of them with one of these tags.
pub(crate) fn has_only_tags(mut bytes: &[u8], tags: &[u8]) -> bool {
    while let Some(rest) = after_message(bytes) {
        if bytes.first().is_none_or(|tag| !tags.contains(tag)) {
            return false;
        }
        bytes = rest;
    }
    bytes.is_empty()
}

fn after_message(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(b"EFATAL:  ") && bytes.ends_with(b"\n\0") {
        return Some(&[]);
    }
    let (length, _) = bytes.get(1..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    // libpq takes a longer error for one of protocol 2.
    (8..=30_000).contains(&length).then_some(())?;
    bytes.get(length.checked_add(1)?..)
}

/// Cuts a fuzzer's input in two: a first byte that says how the rest arrives, and the rest.
pub(crate) fn fragmented(data: &[u8]) -> (usize, &[u8]) {
    match data.split_first() {
        Some((size, rest)) => (usize::from(*size) + 1, rest),
        None => (1, data),
    }
}

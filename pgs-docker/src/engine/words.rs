/// Whether the engine's words say that the machine has run out of something. It has no status code for that.
pub(crate) fn is_exhausted(words: &str) -> bool {
    let words = words.to_lowercase();
    EXHAUSTED.iter().any(|sign| words.contains(sign))
}

const EXHAUSTED: [&str; 6] = [
    "no space left on device",
    "disk quota exceeded",
    "cannot allocate memory",
    "too many open files",
    "resource temporarily unavailable",
    // The kernel's bridges have 1,023 ports.
    "exchange full",
];

/// Whether the engine's words say that the machine has run out of something. It has no status code for that.
pub(crate) fn is_exhausted(words: &str) -> bool {
    let words = words.to_lowercase();
    EXHAUSTED.iter().any(|sign| words.contains(sign))
}

/// Whether the log of a program in a container says that its volume has no room left.
pub(crate) fn is_disk_full(log: &str) -> bool {
    let log = log.to_lowercase();
    DISK_FULL.iter().any(|sign| log.contains(sign))
}

/// What to do when the engine's machine has run out of something.
pub(crate) const FREE_SOME: &str = "free some on the engine's machine (`docker system df` shows what takes disk space), then repeat it";
const DISK_FULL: [&str; 2] = ["no space left on device", "disk quota exceeded"];
const EXHAUSTED: [&str; 6] = [
    DISK_FULL[0],
    DISK_FULL[1],
    "cannot allocate memory",
    "too many open files",
    "resource temporarily unavailable",
    // The kernel's bridges have 1,023 ports.
    "exchange full",
];

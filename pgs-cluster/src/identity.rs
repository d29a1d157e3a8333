use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

/// What tells clusters apart: backups, replicas and write-ahead logs of one do not go with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemIdentifier(u64);

impl SystemIdentifier {
    /// A new one, made as `initdb` makes it: seconds, microseconds and, where it has a process number, bits that are
    /// anybody's guess.
    #[must_use]
    pub fn generate() -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let random = u64::from(rand::random::<u16>() & 0xfff);
        Self(now.as_secs() << 32 | u64::from(now.subsec_micros()) << 12 | random)
    }

    pub(crate) fn bytes(self) -> [u8; 8] {
        self.0.to_ne_bytes()
    }
}

impl fmt::Display for SystemIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

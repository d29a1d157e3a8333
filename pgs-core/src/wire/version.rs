use std::fmt;

/// A protocol version as the startup packet spells it: major in the high 16 bits, minor in the low.
///
/// Source: `src/include/libpq/pqcomm.h`, `PG_PROTOCOL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion(u32);

impl ProtocolVersion {
    /// Protocol 3.0, the oldest one PostgreSQL 18 speaks.
    pub const V3_0: Self = Self::new(3, 0);
    /// Protocol 3.2, the newest one PostgreSQL 18 speaks.
    pub const V3_2: Self = Self::new(3, 2);
    /// Protocol 3.9999, which clients send to find servers that cannot negotiate.
    pub const GREASE: Self = Self::new(3, 9999);

    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        let [a, b] = major.to_be_bytes();
        let [c, d] = minor.to_be_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// The version in the second word of a startup packet.
    pub const fn from_code(code: u32) -> Self {
        Self(code)
    }

    /// The second word of a startup packet that asks for this version.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The number before the dot.
    pub const fn major(self) -> u16 {
        let [a, b, _, _] = self.0.to_be_bytes();
        u16::from_be_bytes([a, b])
    }

    /// The number after the dot.
    pub const fn minor(self) -> u16 {
        let [_, _, c, d] = self.0.to_be_bytes();
        u16::from_be_bytes([c, d])
    }

    /// Whether the peer reads protocol 2 errors. 0.0 counts as modern.
    ///
    /// Source: `src/backend/utils/error/elog.c`, `send_message_to_frontend`; measured on 18.6.
    pub(super) const fn speaks_v2(self) -> bool {
        self.major() < 3 && self.0 != 0
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

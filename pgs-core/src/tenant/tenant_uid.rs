use crate::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// What a tenant is known by for ever, whatever its name: storage, labels and archives are keyed by it.
///
/// A `UUIDv7` (RFC 9562 section 5.7), so that newer tenants sort behind older ones. Written with hyphens in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantUid(Uuid);

impl TenantUid {
    /// A new one, made at this time from the operating system's randomness.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let millis = now.as_millis();
        let nanos = u32::try_from(millis % 1000).unwrap_or_default() * 1_000_000;
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            millis / 1000,
            nanos,
        )))
    }
}

impl FromStr for TenantUid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Uuid::try_parse(text).map(Self).map_err(|source| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("tenant uid `{text}` is not a UUID"),
            )
            .with_remedy("take the uid from `pgs list --trash` or `pgs show <tenant>`")
            .with_source(source)
        })
    }
}

impl fmt::Display for TenantUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for TenantUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantUid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tenants_sort_behind_earlier_ones() {
        let early = TenantUid::new(Timestamp::from_millis(1_700_000_000_000));
        let late = TenantUid::new(Timestamp::from_millis(1_700_000_000_001));
        assert!(early < late);
    }

    #[test]
    fn a_uid_survives_its_text() {
        let uid = TenantUid::new(Timestamp::from_millis(1_700_000_000_123));
        assert_eq!(uid.to_string().parse::<TenantUid>().unwrap(), uid);
    }
}

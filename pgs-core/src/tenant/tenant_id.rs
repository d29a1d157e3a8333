use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// The longest name PostgreSQL keeps: `NAMEDATALEN` - 1 bytes (`src/include/pg_config_manual.h`).
const MAX_LEN: usize = 63;

/// A tenant's name: its `PostgreSQL` role, its database and the key it is routed by.
///
/// - 1 to 63 bytes of `a-z`, `0-9`, `_` and `-`
/// - starts with a letter
/// - is not `postgres`, and does not start with `pg_` or `pgs_`, which belong to the server and to pgs
///
/// ```
/// use pgs_core::TenantId;
///
/// let id: TenantId = "acme".parse()?;
/// assert_eq!(id.as_str(), "acme");
/// assert!("pg_acme".parse::<TenantId>().is_err());
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match violated_rule(text) {
            None => Ok(Self(text.into())),
            Some(rule) => Err(Error::new(ErrorKind::InvalidInput, format!("tenant name `{text}` {rule}")).with_remedy(
                "use 1 to 63 characters of a-z, 0-9, _ and -, starting with a letter, not `postgres`, not starting with `pg_` or `pgs_`",
            )),
        }
    }
}

fn violated_rule(text: &str) -> Option<&'static str> {
    let first = text.bytes().next();
    if first.is_none() {
        Some("is empty")
    } else if text.len() > MAX_LEN {
        Some("is longer than 63 bytes")
    } else if !first.is_some_and(|byte| byte.is_ascii_lowercase()) {
        Some("does not start with a letter a-z")
    } else if !text.bytes().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
    }) {
        Some("contains a character other than a-z, 0-9, _ and -")
    } else if is_reserved_role(text.as_bytes()) {
        Some("is reserved")
    } else {
        None
    }
}

/// Whether this role is the server's or pgs's own, such as `pgs_admin`: no client may log in as it, no tenant is named so.
#[must_use]
pub fn is_reserved_role(role: &[u8]) -> bool {
    role == b"postgres" || role.starts_with(b"pg_") || role.starts_with(b"pgs_")
}

impl TryFrom<String> for TenantId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.as_str().to_owned()
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_the_grammar_are_accepted() {
        for name in [
            "a",
            "acme",
            "acme-2",
            "a_b",
            "z9",
            &"a".repeat(63),
            "pgsql",
            "pg-acme",
        ] {
            assert_eq!(name.parse::<TenantId>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_outside_the_grammar_are_named_in_the_error() {
        for name in [
            "",
            "A",
            "1a",
            "-a",
            "_a",
            "a b",
            "a.b",
            "ä",
            "a\0",
            &"a".repeat(64),
            "postgres",
            "pg_x",
            "pgs_admin",
        ] {
            let error = name.parse::<TenantId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(name) && error.remedy().is_some());
        }
    }

    #[test]
    fn deserializing_goes_through_the_same_validator() {
        assert!(serde_json::from_str::<TenantId>("\"acme\"").is_ok());
        assert!(serde_json::from_str::<TenantId>("\"postgres\"").is_err());
    }
}

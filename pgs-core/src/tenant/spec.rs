use super::{Access, Limits, NetworkRules, Password, Setting, TenantUid};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is asked for when a tenant is created.
///
/// ```
/// use pgs_core::{Access, TenantSpec};
///
/// let mut spec = TenantSpec::default();
/// assert_eq!(spec.access, Access::Disabled);
/// spec.instance.settings.push("work_mem=16MB".parse()?);
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TenantSpec {
    /// What its server is like: kept in the catalogue.
    pub instance: InstanceSpec,
    /// Its role's password; without one, 32 characters are generated. Not kept.
    pub password: Option<Password>,
    /// SQL that is run once, in this order, before the tenant counts as created. Not kept.
    pub init_scripts: Vec<InitScript>,
    /// Whether clients may come in as soon as it is created. Default: disabled.
    pub access: Access,
    /// From where its clients may come. Default: from everywhere.
    pub networks: NetworkRules,
    /// Whether removing is refused until the protection is lifted. Default: false.
    pub protected: bool,
    /// Who it is to be for ever, for a caller that must know before it is made: a new uid, used once. Default: one is made.
    pub uid: Option<TenantUid>,
}

/// What a provisioner needs to know to make and run one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct InstanceSpec {
    /// The major version; none means the newest one that the provisioner has.
    pub pg_version: Option<PgMajor>,
    /// What it may use at most.
    pub limits: Limits,
    /// `PostgreSQL` settings of its own; the last of a name wins.
    pub settings: Vec<Setting>,
    /// What its role may do.
    pub privilege: Privilege,
}

/// A major version of `PostgreSQL` that pgs supports: 15 to 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PgMajor(u16);

impl PgMajor {
    /// The oldest one supported.
    pub const OLDEST: Self = Self(15);
    /// The newest one supported.
    pub const NEWEST: Self = Self(18);

    /// The number, such as 18.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Every supported one, newest first.
    pub fn newest_first() -> impl Iterator<Item = Self> {
        (Self::OLDEST.0..=Self::NEWEST.0).rev().map(Self)
    }
}

impl TryFrom<u16> for PgMajor {
    type Error = Error;

    fn try_from(number: u16) -> Result<Self> {
        if (Self::OLDEST.0..=Self::NEWEST.0).contains(&number) {
            return Ok(Self(number));
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("PostgreSQL version `{number}` is not supported"),
        )
        .with_remedy("choose 15, 16, 17 or 18"))
    }
}

impl From<PgMajor> for u16 {
    fn from(major: PgMajor) -> Self {
        major.0
    }
}

impl FromStr for PgMajor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number: u16 = text.parse().map_err(|_| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("PostgreSQL version `{text}` is not a whole number"),
            )
            .with_remedy("choose 15, 16, 17 or 18")
        })?;
        Self::try_from(number)
    }
}

impl fmt::Display for PgMajor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a tenant's role may do in its own server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Privilege {
    /// Owns its database and may create databases and roles; no superuser.
    #[default]
    Owner,
    /// Superuser: only where the server is locked up in a container, since a superuser reads the host's files.
    Superuser,
}

/// SQL that is run once in a tenant's database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InitScript {
    /// What it is recorded under, usually its file name. A name that was run before is not run again.
    pub name: String,
    /// SQL text; psql's backslash commands are not SQL.
    pub sql: String,
    /// Whose rights it has.
    pub role: ScriptRole,
}

impl InitScript {
    /// A script that runs with the rights of the tenant's role.
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sql: sql.into(),
            role: ScriptRole::Tenant,
        }
    }

    /// The same script with the rights of the manager's superuser, for `CREATE EXTENSION` and the like.
    #[must_use]
    pub fn as_admin(mut self) -> Self {
        self.role = ScriptRole::Admin;
        self
    }
}

/// Whose rights an init script has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptRole {
    /// The tenant's own role.
    #[default]
    Tenant,
    /// The manager's superuser.
    Admin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supported_versions_are_15_to_18() {
        assert_eq!(
            PgMajor::newest_first()
                .map(PgMajor::number)
                .collect::<Vec<_>>(),
            [18, 17, 16, 15]
        );
        assert_eq!(
            "14".parse::<PgMajor>().unwrap_err().kind(),
            ErrorKind::Unsupported
        );
        assert_eq!(
            "x".parse::<PgMajor>().unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }

    #[test]
    fn a_spec_survives_the_catalogue() {
        let mut spec = InstanceSpec {
            pg_version: Some(PgMajor::NEWEST),
            ..InstanceSpec::default()
        };
        spec.settings.push("work_mem=16MB".parse().unwrap());
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<InstanceSpec>(&text).unwrap(), spec);
    }
}

use crate::{OsUser, os_user};
use pgs_core::{PgMajor, Result};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A directory that was looked into for PostgreSQL's programs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Candidate {
    /// What led there, such as `PGS_PG_BINDIR`.
    pub source: &'static str,
    /// The directory.
    pub bindir: PathBuf,
    /// The programs, or why they will not do.
    pub verdict: std::result::Result<Binaries, String>,
}

/// The programs of one installation of `PostgreSQL`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binaries {
    /// The directory they are in.
    pub bindir: PathBuf,
    /// Their major version.
    pub major: PgMajor,
    /// What `postgres -V` says.
    pub version: String,
    /// Whether `pg_resetwal` is there, without which a tenant takes a whole `initdb` instead of a copy.
    pub can_clone: bool,
}

impl Candidate {
    pub(super) fn judge(source: &'static str, bindir: &Path, user: Option<&OsUser>) -> Self {
        Self {
            source,
            bindir: bindir.to_owned(),
            verdict: Binaries::judge(bindir, user),
        }
    }
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bindir.join(name)
    }

    fn judge(bindir: &Path, user: Option<&OsUser>) -> std::result::Result<Self, String> {
        let bindir = os_user::real(bindir).map_err(|error| error.chain())?;
        let missing = NEEDED.iter().find(|name| !bindir.join(name).is_file());
        if let Some(missing) = missing {
            return Err(format!("has no {missing}"));
        }
        must_reach(&bindir, user).map_err(|error| error.to_string())?;
        let version = ask_version(&bindir)?;
        Ok(Self {
            major: major_in(&version)?,
            can_clone: bindir.join("pg_resetwal").is_file(),
            version,
            bindir,
        })
    }
}

fn must_reach(bindir: &Path, user: Option<&OsUser>) -> Result<()> {
    user.map_or(Ok(()), |user| user.must_reach(bindir))
}

fn ask_version(bindir: &Path) -> std::result::Result<String, String> {
    let output = Command::new(bindir.join("postgres"))
        .arg("-V")
        .output()
        .map_err(|error| format!("postgres -V cannot be run: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("postgres -V failed: {}", words.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// From texts such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` and `postgres (PostgreSQL) 19beta1`.
fn major_in(version: &str) -> std::result::Result<PgMajor, String> {
    let number = version.split(") ").nth(1).unwrap_or_default();
    let digits = number
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    digits
        .parse()
        .map_err(|_| format!("`{version}` is none of the supported versions 15 to 18"))
}

const NEEDED: [&str; 2] = ["postgres", "initdb"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        for (version, major) in [
            ("postgres (PostgreSQL) 18.6", 18),
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ] {
            assert_eq!(major_in(version).unwrap().number(), major);
        }
        for version in [
            "",
            "postgres (PostgreSQL) 14.2",
            "postgres (PostgreSQL) 19beta1",
            "PostgreSQL 18.6",
        ] {
            assert!(major_in(version).is_err(), "{version}");
        }
    }
}

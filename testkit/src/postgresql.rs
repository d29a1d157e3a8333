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
    let search = Search::new(&BTreeMap::new(), os_user());
    let binaries = search.choose(Some(PgMajor::try_from(major)?))?;
    Ok(binaries.bindir)
}

/// The same; a machine without it cannot run the tests.
pub fn bindir(major: u16) -> PathBuf {
    find(major).unwrap_or_else(|error| panic!("{}; run `cargo xtask setup --tests`", error.chain()))
}

/// The unprivileged user that servers run as, when the tests run as root.
pub fn os_user() -> Option<OsUser> {
    OsUser::choose(None).unwrap_or_else(|error| panic!("{}", error.chain()))
}

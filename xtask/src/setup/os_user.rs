//! The OS user that tenants' servers run as when pgs runs as root, which PostgreSQL refuses to be.

use std::process::Command;

use anyhow::{Context, Result};

use super::cache::is_root;
use super::outcome::Outcome;
use crate::shell;

pub(super) fn ensure() -> Result<Outcome> {
    if !is_root() {
        return Ok(Outcome::Present(
            "not needed, servers run as you".to_owned(),
        ));
    }
    if shell::succeeds(Command::new("id").args(["-u", NAME])) {
        return Ok(Outcome::Present("exists".to_owned()));
    }
    let mut useradd = Command::new("useradd");
    useradd.args([
        "--system",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        NAME,
    ]);
    shell::run(&mut useradd)
        .context("make a system user named `pgs` by hand, then run this again")?;
    Ok(Outcome::Done("created".to_owned()))
}

/// The numbers of that user and of its group, when servers run as another than this one.
pub(crate) fn ids() -> Result<Option<(u32, u32)>> {
    if !is_root() {
        return Ok(None);
    }
    let id = |flag| -> Result<u32> {
        let id = shell::read(Command::new("id").args([flag, NAME]))?;
        id.trim().parse().context("`id` did not answer with an id")
    };
    Ok(Some((id("-u")?, id("-g")?)))
}

const NAME: &str = "pgs";

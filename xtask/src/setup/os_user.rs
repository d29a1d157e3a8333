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

const NAME: &str = "pgs";

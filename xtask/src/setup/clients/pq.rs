use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Bundle, Driver, is_file, runs};
use crate::setup::bundle;
use crate::shell;

/// Debian's lib/pq, with the errand compiled by Debian's Go.
pub(super) struct Pq;

impl Driver for Pq {
    fn name(&self) -> &'static str {
        "lib/pq"
    }

    fn place(&self) -> &'static str {
        "pq-client"
    }

    fn has_ground(&self) -> bool {
        runs("go", "version") && is_file("/usr/share/gocode/src/github.com/lib/pq/conn.go")
    }

    fn packages(&self) -> &'static [&'static str] {
        &["golang-go", PACKAGE]
    }
}

impl Bundle for Pq {
    fn stamp(&self) -> &str {
        ERRAND
    }

    fn build(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        let source = dir.join("errand.go");
        fs::write(&source, ERRAND)?;
        let cache = dir.join("cache");
        let mut go = Command::new("go");
        go.args(["build", "-ldflags", &linked(), "-o"]);
        go.arg(dir.join(PROGRAM)).arg(source);
        // As Debian's packages of Go libraries are built: without modules, and without asking the network.
        go.env("GO111MODULE", "off")
            .env("GOPATH", "/usr/share/gocode")
            .env("GOCACHE", &cache)
            .env("CGO_ENABLED", "0");
        shell::run(&mut go)?;
        bundle::remove(&cache)
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let program = dir.join(PROGRAM);
        ensure!(program.is_file(), "{} is missing", program.display());
        Ok(())
    }
}

/// The library does not know its own version, the package does.
fn linked() -> String {
    let mut query = Command::new("dpkg-query");
    let version = shell::read(query.args(["-W", "-f=${Version}", PACKAGE]));
    format!(
        "-X main.version={}",
        version.as_deref().unwrap_or("unknown")
    )
}

const ERRAND: &str = include_str!("../../../../pgs/tests/clients/programs/pq_errand.go");
const PACKAGE: &str = "golang-github-lib-pq-dev";
const PROGRAM: &str = "errand";

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::{Bundle, Driver, is_file, runs};
use crate::shell;

/// Debian's JDBC driver, with the errand compiled.
pub(super) struct Jdbc;

impl Driver for Jdbc {
    fn name(&self) -> &'static str {
        "JDBC"
    }

    fn place(&self) -> &'static str {
        "jdbc-client"
    }

    fn has_ground(&self) -> bool {
        runs("javac", "-version") && is_file(JAR)
    }

    /// Only what is missing is installed, so a machine's own JDK stays.
    fn packages(&self) -> &'static [&'static str] {
        if runs("javac", "-version") {
            &[PACKAGE]
        } else {
            &[PACKAGE, "default-jdk-headless"]
        }
    }
}

impl Bundle for Jdbc {
    fn stamp(&self) -> &str {
        ERRAND
    }

    fn build(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        let source = dir.join("JdbcErrand.java");
        fs::write(&source, ERRAND)?;
        let mut javac = Command::new("javac");
        javac.args(["-encoding", "UTF-8", "-cp", JAR, "-d"]);
        shell::run(javac.arg(dir).arg(source))
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let classes = dir.join("JdbcErrand.class");
        ensure!(classes.is_file(), "{} is missing", classes.display());
        Ok(())
    }
}

const ERRAND: &str = include_str!("../../../../pgs/tests/clients/programs/JdbcErrand.java");
const PACKAGE: &str = "libpostgresql-jdbc-java";
const JAR: &str = "/usr/share/java/postgresql.jar";

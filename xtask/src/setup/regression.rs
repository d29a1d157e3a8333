//! PostgreSQL's own regression suite, built from the source package of the Debian server that is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::bundle::{self, Bundle};
use super::outcome::Outcome;
use super::{cache, debian};
use crate::shell;

/// The suite: `pg_regress` and what it needs, and the programs of the server it belongs to.
#[derive(Debug)]
pub(crate) struct Regression {
    /// `src/test/regress` of the source, built.
    pub(crate) suite: PathBuf,
    /// The directory of the server's programs.
    pub(crate) bindir: PathBuf,
    /// The package's version.
    pub(crate) version: String,
}

pub(super) fn ensure() -> Result<(Regression, Outcome)> {
    let bindir = debian::postgresql_15_bindir()
        .context("there is no Debian postgresql-15: as root, run `cargo xtask setup --tests`")?;
    let mut query = Command::new("dpkg-query");
    let version = shell::read(query.args(["-W", "-f=${Version}", PACKAGE]))?;
    let dir = cache::place(PLACE)?;
    let source = Source {
        version: version.trim().to_owned(),
    };
    let state = bundle::ensure(&source, &dir)?;
    let regression = Regression {
        suite: dir.join(SUITE),
        bindir,
        version: source.version,
    };
    Ok((regression, state.of(&dir)))
}

struct Source {
    version: String,
}

impl Bundle for Source {
    fn stamp(&self) -> &str {
        &self.version
    }

    fn build(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        self.download(dir)?;
        unpack(dir)?;
        make(&dir.join(TREE))?;
        // Tests and servers run as another OS user.
        shell::run(Command::new("chmod").args(["-R", "a+rX"]).arg(dir))
    }

    fn check(&self, dir: &Path) -> Result<()> {
        for file in ["pg_regress", "regress.so", "refint.so", "autoinc.so"] {
            let path = dir.join(SUITE).join(file);
            if !path.is_file() {
                bail!("the regression suite has no {}", path.display());
            }
        }
        Ok(())
    }
}

impl Source {
    /// The machine's own package servers, asked for sources; its configuration is left as it is.
    fn download(&self, dir: &Path) -> Result<()> {
        let lists = dir.join("lists");
        fs::create_dir_all(lists.join("partial"))?;
        let servers = shell::read(Command::new("apt-get").args([
            "indextargets",
            "--format",
            "deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)",
            "Identifier: Packages",
            "Origin: Debian",
        ]))?;
        let sources = dir.join("sources.list");
        fs::write(&sources, trusting_debian(&servers))?;
        let apt_get = |words: &[&str]| {
            let mut command = Command::new("apt-get");
            command.current_dir(dir).args(["--quiet=2", "-o"]);
            command.arg(format!("Dir::Etc::SourceList={}", sources.display()));
            command.args(["-o", "Dir::Etc::SourceParts=/dev/null", "-o"]);
            command.arg(format!("Dir::State::Lists={}", lists.display()));
            shell::run(command.args(words))
        };
        apt_get(&["update"])?;
        let package = format!("{PACKAGE}={}", self.version);
        apt_get(&["source", "--download-only", &package])
            .context("does Debian still have the source of the server that is installed?")
    }
}

/// What `signed-by` says of a binary source is not told by apt, so the archive's own keyring is named.
fn trusting_debian(servers: &str) -> String {
    servers.replace("deb-src ", &format!("deb-src [signed-by={KEYRING}] "))
}

fn unpack(dir: &Path) -> Result<()> {
    let entries = fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
    let archive = entries
        .iter()
        .map(fs::DirEntry::path)
        .find(|path| path.to_string_lossy().contains(".orig.tar."))
        .context("the source package has no archive of PostgreSQL itself")?;
    let tree = dir.join(TREE);
    fs::create_dir(&tree)?;
    let mut tar = Command::new("tar");
    tar.arg("--extract").arg("--file").arg(archive);
    shell::run(tar.args(["--strip-components=1", "--directory"]).arg(tree))
}

/// Only the suite and the modules it loads, with none of the libraries that the server itself is built with.
fn make(tree: &Path) -> Result<()> {
    let mut configure = Command::new("./configure");
    configure.args(["--quiet", "--without-readline", "--without-zlib"]);
    shell::run(configure.current_dir(tree)).context("gcc and make are needed")?;
    let mut make = Command::new("make");
    make.args([
        "--silent",
        "--jobs=2",
        "--directory=src/test/regress",
        "all",
    ]);
    shell::run(make.current_dir(tree))
}

const PACKAGE: &str = "postgresql-15";
const PLACE: &str = "regression-15";
const TREE: &str = "source";
const SUITE: &str = "source/src/test/regress";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

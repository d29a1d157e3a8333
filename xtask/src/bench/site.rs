//! Where the benchmark takes place: a directory that is gone afterwards, and the programs.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;

use super::daemon::run_as;
use super::server::PASSWORD;
use crate::setup;
use crate::shell;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(super) struct Site {
    dir: TempDir,
    /// The OS user of everything that refuses to be root: when this is root, `pgs`.
    user: Option<(u32, u32)>,
    bindir: PathBuf,
    target: PathBuf,
    pub(super) haproxy: Option<PathBuf>,
    pub(super) pgbouncer: Option<PathBuf>,
}

impl Site {
    /// With all that the proxies are compared with.
    pub(super) fn set_up() -> Result<Self> {
        let bindir = setup::product()?;
        setup::bench()?;
        raise_descriptor_limit()?;
        let mut site = Self::build(bindir, &[PGS, HELPER])?;
        site.haproxy = find("haproxy");
        site.pgbouncer = find("pgbouncer");
        Ok(site)
    }

    /// With pgs and PostgreSQL only.
    pub(super) fn without_proxies() -> Result<Self> {
        Self::build(setup::product()?, &[PGS])
    }

    fn build(bindir: PathBuf, programs: &[&[&str]]) -> Result<Self> {
        println!("Building what is measured (the first time takes some minutes):");
        let workspace = Workspace::load()?;
        for program in programs {
            shell::run(
                workspace
                    .cargo()
                    .args(["build", "--release"])
                    .args(*program),
            )?;
        }
        let user = setup::servers_ids()?;
        let dir = tempfile::Builder::new()
            .prefix("pgs-bench-")
            .permissions(Permissions::from_mode(0o755))
            .tempdir()?;
        let peers = dir.path().join(PEERS);
        fs::create_dir(&peers)?;
        if let Some((uid, gid)) = user {
            chown(&peers, Some(uid), Some(gid))?;
        }
        Ok(Self {
            dir,
            user,
            bindir,
            target: workspace.target.join("release"),
            haproxy: None,
            pgbouncer: None,
        })
    }

    /// A place for files of the peers, who can write there.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(PEERS).join(name)
    }

    /// A file that the peers can read.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, Permissions::from_mode(0o644))?;
        Ok(path)
    }

    /// The state directory of the real `pgs serve`.
    pub(super) fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The state directory of the `pgs` whose tenants are containers.
    pub(super) fn state_dir_on_docker(&self) -> PathBuf {
        self.dir.path().join("docker")
    }

    /// psql at the socket in this directory, as a role and in its database; what it asks comes next.
    pub(super) fn psql(&self, socket_dir: &Path, role: &str) -> Command {
        let mut psql = self.postgresql("psql");
        psql.arg("-h").arg(socket_dir);
        psql.args(["-XAtw", "-p", "5432", "-U", role, "-d", role, "-c"]);
        psql.env("PGPASSWORD", PASSWORD);
        psql
    }

    /// One of PostgreSQL's programs.
    pub(super) fn postgresql(&self, name: &str) -> Command {
        Command::new(self.bindir.join(name))
    }

    /// One of this workspace's programs.
    pub(super) fn ours(&self, name: &str) -> Command {
        Command::new(self.target.join(name))
    }

    pub(super) fn unprivileged<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // PostgreSQL's programs want a current directory they can enter.
        run_as(command, self.user).current_dir(self.dir.path())
    }

    /// What was measured, for the record.
    pub(super) fn versions(&self) -> Vec<(&'static str, String)> {
        let first_line = |program: &Path, flag| {
            let said = shell::read(Command::new(program).arg(flag)).unwrap_or_default();
            said.lines().next().unwrap_or_default().to_owned()
        };
        let mut versions = vec![(
            "postgresql",
            first_line(&self.bindir.join("postgres"), "-V"),
        )];
        for (name, program, flag) in [
            ("haproxy", &self.haproxy, "-v"),
            ("pgbouncer", &self.pgbouncer, "-V"),
        ] {
            if let Some(program) = program {
                versions.push((name, first_line(program, flag)));
            }
        }
        versions.push(("pgs", first_line(&self.target.join("pgs"), "-V")));
        versions
    }
}

/// As far as it may be, for this program and all that it starts: thousands of sessions are held.
fn raise_descriptor_limit() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).context("the limit of descriptors cannot be raised")
}

/// Debian keeps them where only root's PATH leads.
fn find(program: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];
    let mut candidates = places.iter().map(|place| Path::new(place).join(program));
    let found = candidates.find(|path| path.is_file());
    if found.is_none() {
        println!("  without  {program}: it is not installed");
    }
    found
}

const PEERS: &str = "peers";
/// Not in one command, because a feature of one package must not change how the other is built.
const PGS: &[&str] = &["--package", "pgs-cli"];
const HELPER: &[&str] = &[
    "--package",
    "xtask",
    "--bin",
    "bench-helper",
    "--features",
    "bench-helper",
];

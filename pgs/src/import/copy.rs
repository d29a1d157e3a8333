//! A database goes from one server to another through PostgreSQL's own programs, without touching the disk.
//!
//! In the custom format, which `pg_restore` reads: a script for `psql` could have commands for this machine in it, and who
//! made the database may be trusted with it alone. All of it is one transaction, with the rights of the tenant's role.

use super::{passfile::Passfile, programs::Programs};
use pgs_core::{Error, ErrorKind, Result};
use std::{ffi::OsString, process::Stdio};
use tokio::process::{Child, Command};

/// One end of it, as the programs are told by their environment.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
}

/// Has what is in one database made in another, which is empty.
pub(super) async fn copy(
    programs: &Programs,
    passfile: Option<&Passfile>,
    from: &End,
    to: &End,
) -> Result<()> {
    let mut dump = program(programs, "pg_dump", from, passfile);
    dump.args(["--format=custom", "--no-owner", "--no-privileges"])
        .args(["--no-tablespaces", "--no-subscriptions", "--no-password"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut dump = started("pg_dump", &mut dump)?;
    let Some(pipe) = dump.stdout.take() else {
        return Err(Error::internal("pg_dump was started without a pipe"));
    };
    let pipe: Stdio = pipe
        .try_into()
        .map_err(|source| Error::io("pg_dump cannot be connected to pg_restore", source))?;
    let mut restore = program(programs, "pg_restore", to, passfile);
    restore
        .args(["--single-transaction", "--exit-on-error", "--no-password"])
        .args(["--no-owner", "--no-privileges", "--dbname", &to.database])
        .stdin(pipe)
        .stdout(Stdio::null());
    let restoring = started("pg_restore", &mut restore)?;
    // The command still holds its end of the pipe; pg_dump must notice when pg_restore is gone.
    drop(restore);
    let (dumped, restored) = tokio::join!(ended("pg_dump", dump), ended("pg_restore", restoring));
    // Where both failed, one of them failed because of the other: a broken pipe says least.
    match (dumped, restored) {
        (Err(dumped), Err(restored)) if is_broken_pipe(&dumped) => Err(restored),
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
        (Ok(_), Ok(_)) => Ok(()),
    }
}

/// Whether nobody took its output any more: it says so, or the signal has ended it before.
fn is_broken_pipe(dumped: &Error) -> bool {
    let said = dumped.to_string();
    said.contains("Broken pipe") || said.contains("SIGPIPE")
}

/// The lines that psql prints for a query.
pub(super) async fn ask(
    programs: &Programs,
    passfile: Option<&Passfile>,
    end: &End,
    sql: &str,
) -> Result<Vec<String>> {
    let mut psql = program(programs, "psql", end, passfile);
    psql.args(["--no-psqlrc", "--no-align", "--tuples-only", "--quiet"])
        .args(["--no-password", "--command", sql])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let said = ended("psql", started("psql", &mut psql)?).await?;
    Ok(said.lines().map(str::to_owned).collect())
}

/// Knows nothing of this process's environment, and no password: those are in the file.
fn program(programs: &Programs, name: &str, end: &End, passfile: Option<&Passfile>) -> Command {
    let mut command = Command::new(programs.path(name));
    // Not in arguments: there, a database's name with `=` in it would be taken for more than a name.
    let passfile = passfile.map_or_else(|| OsString::from("/dev/null"), |file| file.path().into());
    command
        .env_clear()
        .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("LANG", "C")])
        .envs([("PGAPPNAME", "pgs import"), ("PGCONNECT_TIMEOUT", "10")])
        .env("PGHOST", &end.host)
        .env("PGPORT", end.port.to_string())
        .env("PGUSER", &end.user)
        .env("PGDATABASE", &end.database)
        .env("PGPASSFILE", passfile)
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn started(name: &str, command: &mut Command) -> Result<Child> {
    command
        .spawn()
        .map_err(|source| Error::io(format!("{name} cannot be run"), source))
}

/// What it printed, once it has ended as it should.
async fn ended(name: &str, child: Child) -> Result<String> {
    let output = child
        .wait_with_output()
        .await
        .map_err(|source| Error::io(format!("{name} cannot be waited for"), source))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = words.lines().take(MOST_LINES).collect();
    Err(Error::new(
        ErrorKind::InstanceFailed,
        format!("{name} failed ({}): {}", output.status, words.join(" ")),
    ))
}

const MOST_LINES: usize = 8;

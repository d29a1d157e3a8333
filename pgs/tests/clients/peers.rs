//! Where the clients are, and how they are told where to connect.

use crate::common::{Stage, password};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};
use testkit::{Program, postgresql, skip};

/// A program of `PostgreSQL` 18, which every machine that runs these tests has.
pub(crate) fn program_18(name: &str) -> PathBuf {
    postgresql::bindir(18).join(name)
}

/// Every `psql` there is, with what it is called.
pub(crate) fn psqls() -> Vec<(&'static str, PathBuf)> {
    let named = std::env::var_os("PGS_TEST_PSQL15").map(PathBuf::from);
    let older = named.or_else(|| Some(postgresql::find(15).ok()?.join("psql")));
    let mut psqls = vec![("psql 18", program_18("psql"))];
    match older.filter(|psql| psql.is_file()) {
        Some(psql) => psqls.push(("psql 15", psql)),
        None => skip("psql 15", "not on this machine"),
    }
    psqls
}

/// A Python with psycopg, as `cargo xtask setup --tests` makes one.
pub(crate) fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(find_python).clone()
}

fn find_python() -> Option<PathBuf> {
    let named = std::env::var_os("PGS_TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| "/var/cache/pgs/venv/bin/python".into());
    let mut import = Program::command(&python);
    if python.is_file()
        && Program::run(import.args(["-c", "import psycopg"]))
            .status
            .success()
    {
        return Some(python);
    }
    skip(
        "libpq 18 and psycopg",
        "there is no Python with psycopg; run `cargo xtask setup --tests`",
    );
    None
}

/// A client that is told by its environment to connect to this tenant.
pub(crate) fn client(stage: &Stage, program: &Path, tenant: &str) -> Command {
    client_at(stage.address(), program, tenant)
}

/// The same, at another proxy.
pub(crate) fn client_at(address: SocketAddr, program: &Path, tenant: &str) -> Command {
    let mut command = Program::command(program);
    command
        .env("PGHOST", address.ip().to_string())
        .env("PGPORT", address.port().to_string())
        .env("PGUSER", tenant)
        .env("PGPASSWORD", password(tenant))
        // Beyond this a client that hangs says so itself.
        .env("PGCONNECT_TIMEOUT", "30");
    command
}

/// What it said on both channels.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// For scripts with psycopg: asks a query that never ends, and prints what came of cancelling it once it runs.
pub(crate) const CANCELLING: &str = "
import threading
def cancelled(c, watcher, cancel):
    running = f\"SELECT count(*) FROM pg_stat_activity WHERE pid = {c.info.backend_pid} AND wait_event = 'PgSleep'\"
    def when_it_runs():
        while not watcher.execute(running).fetchone()[0]:
            pass
        cancel()
    thread = threading.Thread(target=when_it_runs)
    thread.start()
    try: c.execute('SELECT pg_sleep(600)')
    except psycopg.errors.QueryCanceled as e: print(e)
    thread.join()
";

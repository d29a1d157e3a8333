//! The drivers of other languages.

use crate::{
    common::Stage,
    errand::{Driver, program},
    mode::Mode,
    peers::{psqls, python},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use testkit::{Program, skip};

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/programs");

#[test]
fn psql_runs_the_errand() {
    for (name, psql) in psqls() {
        let driver = Driver {
            name,
            modes: &Mode::ALL,
            otherwise: &[
                ("rows", Some("rows 10000")),
                // They are in psql.rs.
                ("cancelled", None),
                ("wrong", None),
            ],
        };
        driver.does(|stage, mode| {
            let mut command = program(stage, mode, &psql);
            command.env("PGAPPNAME", "errand").env("LC_ALL", "C.UTF-8");
            command.args(["--no-psqlrc", "--quiet", "--file"]);
            let printed = Program::succeed(command.arg(errand("psql_errand.sql")));
            let lines = printed.lines().map(str::to_owned);
            [version(&psql)].into_iter().chain(lines).collect()
        });
    }
}

#[test]
fn psycopg_runs_the_errand() {
    in_python("psycopg", &Mode::ALL, &[]);
}

#[test]
fn asyncpg_runs_the_errand() {
    in_python("asyncpg", &Mode::ALL, &[]);
}

#[test]
fn pg8000_runs_the_errand() {
    // It can neither cancel nor begin with TLS.
    in_python("pg8000", &[Mode::Plain], &[("cancelled", None)]);
}

#[test]
fn node_postgres_runs_the_errand() {
    // COPY is in a package of its own.
    in_node("node-postgres", "node_postgres", &[("copied", None)]);
}

#[test]
fn postgres_js_runs_the_errand() {
    in_node("postgres.js", "postgres_js", &[]);
}

#[test]
fn jdbc_runs_the_errand() {
    let Some(classes) = place("JDBC", "PGS_TEST_JDBC", "jdbc-client") else {
        return;
    };
    let driver = Driver {
        name: "JDBC",
        // Debian's is older than direct TLS.
        modes: &[Mode::Plain],
        otherwise: &[],
    };
    let path = format!("/usr/share/java/postgresql.jar:{}", classes.display());
    driver.runs(|stage, mode| {
        let mut command = program(stage, mode, Path::new("java"));
        // It starts sooner than it would with its best compiler.
        command.args(["-XX:TieredStopAtLevel=1", "-cp"]);
        command.args([&path, "JdbcErrand"]);
        command
    });
}

#[test]
fn lib_pq_runs_the_errand() {
    let Some(directory) = place("lib/pq", "PGS_TEST_PQ", "pq-client") else {
        return;
    };
    let driver = Driver {
        name: "lib/pq",
        // Debian's is older than direct TLS.
        modes: &[Mode::Plain],
        // A cancelled query costs it its connection.
        otherwise: &[("cancelled", Some("cancelled 57014"))],
    };
    driver.runs(|stage, mode| program(stage, mode, &directory.join("errand")));
}

type Otherwise = &'static [(&'static str, Option<&'static str>)];

fn in_python(name: &'static str, modes: &'static [Mode], otherwise: Otherwise) {
    let Some(python) = python() else { return };
    let import = format!("import {name}");
    if !Program::run(Program::command(&python).args(["-c", &import]))
        .status
        .success()
    {
        skip(
            name,
            "this Python has none; run `cargo xtask setup --tests`",
        );
        return;
    }
    let driver = Driver {
        name,
        modes,
        otherwise,
    };
    driver.runs(|stage, mode| run_by(&python, stage, mode, &format!("{name}_errand.py")));
}

fn in_node(name: &'static str, file: &str, otherwise: Otherwise) {
    let Some(directory) = place(name, "PGS_TEST_NODE_MODULES", "node-clients") else {
        return;
    };
    let driver = Driver {
        name,
        modes: &Mode::ALL,
        otherwise,
    };
    driver.runs(|stage, mode| {
        let mut command = run_by(
            Path::new("node"),
            stage,
            mode,
            &format!("{file}_errand.cjs"),
        );
        command.env("NODE_PATH", directory.join("node_modules"));
        command
    });
}

fn run_by(interpreter: &Path, stage: &Stage, mode: Mode, file: &str) -> Command {
    let mut command = program(stage, mode, interpreter);
    command.arg(errand(file));
    command
}

fn errand(file: &str) -> PathBuf {
    Path::new(PROGRAMS).join(file)
}

/// Where `cargo xtask setup --tests` put it.
fn place(name: &str, variable: &str, directory: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let place = named.unwrap_or_else(|| Path::new("/var/cache/pgs").join(directory));
    if place.is_dir() {
        return Some(place);
    }
    skip(name, "not on this machine; run `cargo xtask setup --tests`");
    None
}

/// `psql (PostgreSQL) 18.6 (Debian ...)`.
fn version(psql: &Path) -> String {
    let said = Program::succeed(Program::command(psql).arg("--version"));
    let version = said.split_whitespace().nth(2).unwrap_or_default();
    format!("driver psql {version}")
}

use crate::{
    common::{Stage, password},
    peers::{client, psqls, said},
};
use rustix::process::Signal;
use std::{path::Path, process::Command};
use testkit::{Program, until};

fn psql(stage: &Stage, psql: &Path, tenant: &str) -> Command {
    let mut command = client(stage, psql, tenant);
    command.args([
        "--no-psqlrc",
        "--no-align",
        "--tuples-only",
        "--set",
        "ON_ERROR_STOP=1",
    ]);
    command
}

#[test]
fn psql_asks_and_is_answered() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (name, program) in psqls() {
        for sslmode in ["disable", "allow", "prefer"] {
            let mut command = psql(&stage, &program, "acme");
            command
                .env("PGSSLMODE", sslmode)
                .args(["-c", "SELECT current_user, current_database()"]);
            assert_eq!(
                Program::succeed(&mut command),
                "acme|acme\n",
                "{name}, sslmode {sslmode}"
            );
        }
    }
}

#[test]
fn psql_shows_its_connection() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (name, program) in psqls() {
        let shown = Program::succeed(psql(&stage, &program, "acme").args(["-c", r"\conninfo"]));
        let port = stage.address().port().to_string();
        assert!(
            shown.contains("acme") && shown.contains(&port),
            "{name}: {shown}"
        );
    }
}

#[test]
fn psql_shows_why_it_is_refused() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    stage.stopped_tenant("halted");
    let address = stage.address();
    for (name, program) in psqls() {
        for (tenant, message) in [
            (
                "nobody",
                "FATAL:  no tenant is named \"nobody\"\nHINT:  Create it with: pgs create nobody\n",
            ),
            (
                "closed",
                "FATAL:  access to tenant \"closed\" is disabled\nHINT:  Enable it with: pgs enable closed\n",
            ),
            (
                "halted",
                "FATAL:  the server of tenant \"halted\" is not running\nHINT:  Start it with: pgs start --tenant halted\n",
            ),
        ] {
            let output = Program::run(psql(&stage, &program, tenant).args(["-c", "SELECT 1"]));
            let expected = format!(
                "connection to server at \"{}\", port {} failed: {message}",
                address.ip(),
                address.port()
            );
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(
                said(&output).contains(&expected),
                "{name}: {}",
                said(&output)
            );
        }
        let mut wrong = psql(&stage, &program, "acme");
        let output = Program::run(wrong.env("PGPASSWORD", "wrong").args(["-c", "SELECT 1"]));
        let expected = "FATAL:  password authentication failed for user \"acme\"";
        assert!(
            said(&output).contains(expected),
            "{name}: {}",
            said(&output)
        );
    }
}

#[test]
fn ctrl_c_cancels_the_query() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let mut other = stage.frank();
    other.log_in("acme", &password("acme"));
    for (name, program) in psqls() {
        let mut sleeper = psql(&stage, &program, "acme");
        sleeper.env("PGAPPNAME", "interrupted");
        let mut running = Program::start(sleeper.args(["-c", "SELECT pg_sleep(600)"]));
        until("psql's query runs", || {
            other.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name = 'interrupted'") == "1"
        });
        running.signal(Signal::INT);
        let said = said(&running.output());
        assert!(
            said.contains("canceling statement due to user request"),
            "{name}: {said}"
        );
    }
}

#[test]
fn psql_copies_in_and_out() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let rows: String = (1..=50_000)
        .flat_map(|i| [i.to_string(), "\n".to_owned()])
        .collect();
    let directory = testkit::state_dir();
    let (source, target) = (directory.path().join("in"), directory.path().join("out"));
    std::fs::write(&source, &rows).unwrap();
    for (name, program) in psqls() {
        let commands = [
            "CREATE TEMP TABLE t (i int)".to_owned(),
            format!(r"\copy t FROM '{}'", source.display()),
            format!(
                r"\copy (SELECT i FROM t ORDER BY i) TO '{}'",
                target.display()
            ),
        ];
        let mut command = psql(&stage, &program, "acme");
        Program::succeed(command.args(commands.iter().flat_map(|text| ["-c", text])));
        assert!(std::fs::read_to_string(&target).unwrap() == rows, "{name}");
    }
}

#[test]
fn psql_reads_a_large_result() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (name, program) in psqls() {
        let query = "SELECT repeat('x', 99) FROM generate_series(1, 100000)";
        let result = Program::succeed(psql(&stage, &program, "acme").args(["-c", query]));
        assert_eq!(result.len(), 100 * 100_000, "{name}");
    }
}

#[test]
fn the_url_that_pgs_prints_is_one_that_psql_takes() {
    let stage = Stage::shared();
    let acme = stage.tenant("acme");
    let url = stage.pgs().url(&acme, stage.address());
    for (name, program) in psqls() {
        let mut command = Program::command(&program);
        command.env("PGPASSWORD", password("acme"));
        command.args([
            "--no-psqlrc",
            "-At",
            "-c",
            "SELECT current_database()",
            &url,
        ]);
        assert_eq!(Program::succeed(&mut command), "acme\n", "{name}");
    }
}

//! psql and psycopg name a role and a tenant.

use crate::{
    common::password,
    front::{Front, ROLE, roles},
    peers::{CANCELLING, program_18, python, said},
};
use std::process::Command;
use testkit::Program;

fn told_where(front: &Front, mut command: Command) -> Command {
    let address = front.address();
    command
        .env("PGHOST", address.ip().to_string())
        .env("PGPORT", address.port().to_string())
        .env("PGPASSWORD", password(ROLE))
        .env("PGCONNECT_TIMEOUT", "30");
    command
}

const WHO: &str = "SELECT current_user || ' in ' || current_database()";

#[test]
fn psql_names_a_role_and_a_tenant() {
    let front = Front::frank(roles());
    let psql = program_18("psql");
    let url = |rest: &str| format!("postgresql://app.keyed@{}{rest}", front.address());
    for args in [
        vec!["-U".to_owned(), "app.keyed".to_owned()],
        vec![
            "-U".to_owned(),
            "app.keyed".to_owned(),
            "-d".to_owned(),
            "keyed".to_owned(),
        ],
        vec![url("")],
        vec![url("/keyed?application_name=x")],
        vec!["user=app.keyed sslmode=prefer".to_owned()],
    ] {
        let mut command = told_where(&front, Program::command(&psql));
        command.args(["--no-psqlrc", "-At", "-c", WHO]).args(&args);
        assert_eq!(Program::succeed(&mut command), "app in keyed\n", "{args:?}");
    }
}

#[test]
fn psycopg_names_a_role_and_a_tenant() {
    let front = Front::frank(roles());
    let script = format!(
        "
import psycopg
{CANCELLING}
def connect(**parameters):
    return psycopg.connect(autocommit=True, user='app.keyed', **parameters)
def value(connection, query):
    return connection.execute(query).fetchone()[0]
for parameters in [{{}}, dict(dbname='keyed'), dict(max_protocol_version='3.2')]:
    print(value(connect(**parameters), \"{WHO}\"))
for version in ['3.0', '3.2']:
    c, watcher = connect(max_protocol_version=version), connect()
    cancelled(c, watcher, lambda: c.cancel_safe(timeout=30))
try: connect(password='wrong')
except psycopg.OperationalError as e: print(str(e).split('FATAL:  ')[1])
"
    );
    let Some(python) = python() else {
        return;
    };
    let mut command = told_where(&front, Program::command(python));
    let output = Program::run(command.args(["-c", &script]));
    let expected = "app in keyed\napp in keyed\napp in keyed\n\
                    canceling statement due to user request\ncanceling statement due to user request\n\
                    password authentication failed for user \"app\"\n";
    assert_eq!(said(&output), expected);
}

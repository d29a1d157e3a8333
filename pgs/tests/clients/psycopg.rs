//! libpq 18, by way of psycopg.

use crate::{
    common::Stage,
    peers::{CANCELLING, client, python, said},
};
use std::process::Output;
use testkit::Program;

/// Runs this script; `connect(**parameters)` connects as the tenant.
fn script(stage: &Stage, tenant: &str, script: &str) -> Option<Output> {
    let text = format!("{PRELUDE}\n{script}");
    let mut command = client(stage, &python()?, tenant);
    Some(Program::run(command.args(["-c", &text])))
}

fn prints(stage: &Stage, tenant: &str, text: &str, expected: &str) {
    if let Some(output) = script(stage, tenant, text) {
        assert_eq!(said(&output), expected, "{text}");
    }
}

const PRELUDE: &str = "
import psycopg
def connect(**parameters):
    return psycopg.connect(autocommit=True, **parameters)
def value(connection, query):
    return connection.execute(query).fetchone()[0]
";

#[test]
fn every_protocol_version_can_be_asked_for() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (parameters, version) in [
        ("", "30000"),
        ("max_protocol_version='3.2'", "30002"),
        (
            "min_protocol_version='3.2', max_protocol_version='3.2'",
            "30002",
        ),
        (
            "min_protocol_version='3.0', max_protocol_version='latest'",
            "30002",
        ),
        ("max_protocol_version='3.0'", "30000"),
    ] {
        let text = format!(
            "c = connect({parameters})\n\
             print(c.pgconn.full_protocol_version, value(c, 'SELECT current_user'), \
             c.info.backend_pid == value(c, 'SELECT pg_backend_pid()'))"
        );
        prints(&stage, "acme", &text, &format!("{version} acme True\n"));
    }
}

#[test]
fn refusals_are_operational_errors_with_their_text() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    for (tenant, parameters, message) in [
        (
            "acme",
            "password='wrong'",
            "password authentication failed for user \"acme\"",
        ),
        ("nobody", "", "no tenant is named \"nobody\""),
        ("closed", "", "access to tenant \"closed\" is disabled"),
        (
            "closed",
            "max_protocol_version='3.2'",
            "access to tenant \"closed\" is disabled",
        ),
        (
            "acme",
            "dbname='nosuch'",
            "database \"nosuch\" does not exist",
        ),
        (
            "acme",
            "sslmode='require'",
            "server does not support SSL, but SSL was required",
        ),
        ("acme", "channel_binding='require'", "channel binding"),
    ] {
        let text =
            format!("try: connect({parameters})\nexcept psycopg.OperationalError as e: print(e)");
        if let Some(output) = script(&stage, tenant, &text) {
            assert!(
                said(&output).contains(message),
                "{tenant} {parameters}: {}",
                said(&output)
            );
        }
    }
}

#[test]
fn a_query_is_cancelled_with_either_key() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for version in ["3.0", "3.2"] {
        let text = format!(
            "{CANCELLING}
c, watcher = connect(max_protocol_version='{version}'), connect()
cancelled(c, watcher, lambda: c.cancel_safe(timeout=30))
print(value(c, 'SELECT 1'))"
        );
        prints(
            &stage,
            "acme",
            &text,
            "canceling statement due to user request\n1\n",
        );
    }
}

#[test]
fn rows_are_copied_in_and_out() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let text = "
c = connect()
c.execute('CREATE TEMP TABLE t (i int, s text)')
with c.cursor().copy('COPY t FROM STDIN') as copy:
    for i in range(100000): copy.write_row((i, 'row'))
with c.cursor().copy('COPY t TO STDOUT') as copy:
    print(sum(1 for row in copy.rows()))
with c.transaction(), c.cursor('far') as cursor:
    print(sum(row[0] for row in cursor.execute('SELECT i FROM t')))
print(len(value(c, \"SELECT repeat('x', 50000000)\")))";
    prints(&stage, "acme", text, "100000\n4999950000\n50000000\n");
}

#[test]
fn a_pipeline_and_prepared_statements_work() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let text = "
c = connect()
with c.pipeline():
    cursors = [c.execute('SELECT %s::int * 2', (i,), prepare=True, binary=True) for i in range(1000)]
print(sum(cursor.fetchone()[0] for cursor in cursors))";
    prints(&stage, "acme", text, "999000\n");
}

#[test]
fn notifications_are_heard() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let text = "
listener, speaker = connect(), connect()
listener.execute('LISTEN news')
speaker.execute(\"NOTIFY news, 'it works'\")
for note in listener.notifies(timeout=30, stop_after=1): print(note.payload, note.pid == speaker.info.backend_pid)";
    prints(&stage, "acme", text, "it works True\n");
}

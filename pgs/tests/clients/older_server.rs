//! A tenant with an older server behind the same port.

use crate::{
    common::{Stage, password},
    peers::{client, psqls, python, said},
};
use pgs::Access;
use testkit::{
    Frame, Program, RawClient, ReferenceServer,
    message::{V3_0, V3_2, V3_9999, startup, startup_with},
    postgresql, skip,
};

/// Whether there is a tenant called `older`, whose server is of version 15.
fn is_there(stage: &Stage) -> bool {
    if let Err(error) = postgresql::find(15) {
        skip("a tenant with PostgreSQL 15", &error.chain());
        return false;
    }
    stage.tenant_with("older", |spec| {
        spec.access = Access::Enabled;
        spec.instance.pg_version = Some("15".parse().unwrap());
    });
    true
}

#[test]
fn a_newer_protocol_is_negotiated_down_by_the_server() {
    let stage = Stage::mixed();
    if !is_there(&stage) {
        return;
    }
    let reference = ReferenceServer::start(15, &[("older", &password("older"))]);
    // What comes before the salt.
    let first_words = |mut client: RawClient, packet: &[u8]| -> Vec<Frame> {
        client.send(packet);
        client.frames_until(b'R')
    };
    for version in [V3_0, V3_2, V3_9999] {
        for packet in [
            startup(version, "older"),
            startup_with(version, &[("user", "older"), ("_pq_.x", "")]),
        ] {
            let proxy = first_words(stage.frank(), &packet);
            assert_eq!(
                proxy,
                first_words(reference.connect(), &packet),
                "version {version:x}"
            );
            let greeting = stage.frank().login(&packet, &password("older"));
            assert!(greeting.is_ready(), "{greeting:?}");
            assert_eq!(greeting.cancel_key().1.len(), 4);
        }
    }
}

#[test]
fn clients_of_both_versions_talk_to_it() {
    let stage = Stage::mixed();
    if !is_there(&stage) {
        return;
    }
    for (name, psql) in psqls() {
        let mut command = client(&stage, &psql, "older");
        command.args(["--no-psqlrc", "-At", "-c", "SHOW server_version_num"]);
        let version = Program::succeed(&mut command);
        assert!(version.starts_with("15"), "{name}: {version}");
    }
    let Some(python) = python() else { return };
    for (parameters, expected) in [
        ("max_protocol_version='3.2'", "150"),
        (
            "min_protocol_version='3.2', max_protocol_version='3.2'",
            "protocol version",
        ),
    ] {
        let text = format!(
            "import psycopg\ntry: print(psycopg.connect({parameters}).info.server_version)\nexcept psycopg.OperationalError as e: print(e)"
        );
        let output = Program::run(client(&stage, &python, "older").args(["-c", &text]));
        assert!(
            said(&output).contains(expected),
            "{parameters}: {}",
            said(&output)
        );
    }
}

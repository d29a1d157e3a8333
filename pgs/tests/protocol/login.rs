//! Whole logins.

use crate::{
    common::{Stage, password},
    compare::{Said, same, same_in_secret},
    mask::masked,
};
use testkit::{
    Frame, Greeting, RawClient,
    message::{V3_0, V3_2, V3_9999, query, sasl_initial, startup, startup_with, tagged, terminate},
};

/// What the session is like that this packet opens.
fn session(client: &mut RawClient, packet: &[u8], password: &str) -> (Said, Vec<Frame>) {
    let greeting = client.login(packet, password);
    let settings = if greeting.is_ready() {
        client.ask(SETTINGS)
    } else {
        Vec::new()
    };
    (greeting.into(), settings)
}

const SETTINGS: &str = "SELECT current_user, session_user, current_database(), name, setting FROM pg_settings \
     WHERE name IN ('application_name', 'work_mem', 'search_path', 'statement_timeout', 'DateStyle', \
     'client_encoding', 'extra_float_digits', 'TimeZone') ORDER BY name";

fn same_login(case: &str, stage: &Stage, packet: &[u8]) -> Option<String> {
    let password = password("acme");
    same(case, stage, |client| session(client, packet, &password))
        .0
        .sqlstate()
}

#[test]
fn every_version_of_the_protocol_is_negotiated_by_the_server() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for version in [V3_0, V3_0 + 1, V3_2, V3_2 + 1, V3_9999] {
        let case = format!("version {version:x}");
        assert_eq!(same_login(&case, &stage, &startup(version, "acme")), None);
        let packet = startup_with(
            version,
            &[
                ("user", "acme"),
                ("_pq_.one", "1"),
                ("_pq_.test_protocol_negotiation", ""),
            ],
        );
        assert_eq!(
            same_login(&format!("{case} with options"), &stage, &packet),
            None
        );
    }
}

/// Parameters, and the code of the error they end with.
type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>);

#[test]
fn parameters_reach_the_server_as_they_are() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let long_database = "x".repeat(70);
    let user = ("user", "acme");
    let cases: [Case<'_>; 19] = [
        (&[user, ("database", "acme")], None),
        (&[user, ("database", "")], None),
        (&[user, ("database", "nosuch"), ("database", "acme")], None),
        (
            &[user, ("database", "acme"), ("database", "nosuch")],
            Some("3D000"),
        ),
        (&[user, ("database", "beta-nosuch")], Some("3D000")),
        (&[user, ("database", &long_database)], Some("3D000")),
        (&[user, ("database", "ACME")], Some("3D000")),
        (&[user, ("database", "postgres")], Some("42501")),
        (&[user, ("database", "template0")], Some("55000")),
        (&[user, ("application_name", "a b\tc")], None),
        (&[user, ("application_name", "één")], None),
        (&[user, ("client_encoding", "LATIN1")], None),
        (&[user, ("client_encoding", "nosuch")], Some("22023")),
        (
            &[user, ("DateStyle", "German"), ("datestyle", "SQL, MDY")],
            None,
        ),
        (&[user, ("work_mem", "7MB"), ("work_mem", "8MB")], None),
        (&[user, ("nosuch_setting", "1")], Some("42704")),
        (&[user, ("shared_buffers", "1MB")], Some("55P02")),
        (&[user, ("log_min_messages", "debug5")], Some("42501")),
        (&[user, ("replication", "database")], Some("42501")),
    ];
    for (parameters, sqlstate) in cases {
        let case = format!("{parameters:?}");
        let got = same_login(&case, &stage, &startup_with(V3_0, parameters));
        assert_eq!(got.as_deref(), sqlstate, "{case}");
    }
}

#[test]
fn options_are_split_by_the_server() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (options, sqlstate) in [
        (
            "-c work_mem=7MB -cstatement_timeout=5s --extra-float-digits=2",
            None,
        ),
        (r"-c application_name=a\ b\\c -cwork_mem=7MB", None),
        // An argument that is empty.
        (r"-c work_mem=7MB \", Some("42601")),
        ("-c nosuch_setting=1", Some("42704")),
        ("-c", Some("42601")),
        ("--work_mem", Some("42601")),
        ("-S 7000 -e", None),
        ("-Z", Some("42601")),
        ("-c _pq_.x=1", None),
    ] {
        let packet = startup_with(V3_9999, &[("user", "acme"), ("options", options)]);
        let got = same_login(options, &stage, &packet);
        assert_eq!(got.as_deref(), sqlstate, "{options}");
    }
}

#[test]
fn the_longest_name_is_found_and_longer_ones_are_cut_to_it() {
    let stage = Stage::shared();
    stage.tenant(Stage::LONGEST_NAME);
    let password = password(Stage::LONGEST_NAME);
    for name in [
        Stage::LONGEST_NAME.to_owned(),
        [Stage::LONGEST_NAME, "-and-more"].concat(),
    ] {
        let packet = startup(V3_0, &name);
        let (said, _) = same(&name, &stage, |client| session(client, &packet, &password));
        assert_eq!(said.sqlstate(), None, "{name}");
    }
}

#[test]
fn a_wrong_password_is_refused_by_the_server() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for version in [V3_0, V3_2, V3_9999] {
        for wrong in ["wrong", " ", "the password of acme "] {
            let packet = startup(version, "acme");
            let said = same("a wrong password", &stage, |client| {
                Said::from(client.login(&packet, wrong))
            });
            assert_eq!(said.sqlstate().as_deref(), Some("28P01"));
        }
    }
}

/// Tells nobody anything, so the whole exchange is the proxy's own.
#[test]
fn names_that_are_no_text_are_unknown() {
    let stage = Stage::shared();
    for user in [
        &b"\xff\xfe"[..],
        b"acme\xc3",
        b"\xc3\xa9t\xc3\xa9",
        b"ac me",
        b"acme\"",
    ] {
        let body = [b"user\0", user, b"\0\0"].concat();
        let packet = testkit::message::untagged(V3_0, &body);
        let case = user.escape_ascii().to_string();
        let said = same_in_secret(&case, &stage, |client| {
            Said::from(client.login(&packet, "x"))
        });
        assert_eq!(said.sqlstate().as_deref(), Some("28P01"), "{case}");
    }
}

#[test]
fn a_client_need_not_wait_for_the_question() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let pipelined = |client: &mut RawClient, name: &str| {
        let first = sasl_initial("SCRAM-SHA-256", b"n,,n=,r=abcdefghijklmnop");
        client.send(&[startup(V3_0, name), first].concat());
        let mut frames = client.frames_until(b'R');
        frames.extend(client.frames_until(b'R'));
        client.send(&tagged(b'p', b"nonsense"));
        frames.extend(Frame::all(&client.rest().0));
        masked(&frames)
    };
    same("a pipelined password", &stage, |client| {
        pipelined(client, "acme")
    });
    same_in_secret("the same of nobody", &stage, |client| {
        pipelined(client, "nobody")
    });
}

#[test]
fn a_query_may_follow_the_password_at_once() {
    use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};

    let stage = Stage::shared();
    stage.tenant("acme");
    same("a pipelined query", &stage, |client| {
        let password = password("acme");
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        let first = sasl_initial("SCRAM-SHA-256", scram.message());
        client.send(&[startup(V3_2, "acme"), first].concat());
        client.frames_until(b'R');
        let challenge = client.frame().unwrap();
        scram.update(&challenge.body[4..]).unwrap();
        let proof = tagged(b'p', scram.message());
        client.send(&[proof, query("SELECT 'at once'"), terminate()].concat());
        let (bytes, closing) = client.rest();
        (masked(&Frame::all(&bytes)), closing)
    });
}

#[test]
fn salts_are_the_tenants_own() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let log_in = || -> Greeting { stage.frank().log_in("acme", &password("acme")) };
    assert_eq!(log_in().salt(), log_in().salt());
}

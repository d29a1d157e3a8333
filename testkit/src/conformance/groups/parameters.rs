//! Parameters and options that reach the server as they are, and what the session is like that they open.

use crate::{
    conformance::{
        Case, Conversation, Section,
        Section::Parameters,
        world::{ACME, password},
    },
    message::{V3_0, V3_9999, startup_with},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = PARAMETERS.map(given).into();
    let long = "x".repeat(70);
    cases.push(given(&[("database", &long)]));
    cases.extend(OPTIONS.map(|options| {
        opened(
            Parameters,
            format!("options `{options}`"),
            startup_with(V3_9999, &[("user", ACME), ("options", options)]),
        )
    }));
    cases
}

fn given(parameters: &[(&str, &str)]) -> Case {
    let packet = startup_with(V3_0, &[&[("user", ACME)], parameters].concat());
    opened(Parameters, format!("parameters {parameters:?}"), packet)
}

/// Logs in with this packet, and looks at the session if there is one.
pub(super) fn opened(section: Section, name: String, packet: Vec<u8>) -> Case {
    Case::new(section, name, move |talk: &mut Conversation<'_>| {
        if talk.login(&packet, &password(ACME)).is_ready() {
            talk.ask(SETTINGS);
        }
        talk.finish();
    })
}

const PARAMETERS: [&[(&str, &str)]; 18] = [
    &[("database", "acme")],
    &[("database", "")],
    &[("database", "nosuch"), ("database", "acme")],
    &[("database", "acme"), ("database", "nosuch")],
    &[("database", "beta-nosuch")],
    &[("database", "ACME")],
    &[("database", "postgres")],
    &[("database", "template0")],
    &[("application_name", "a b\tc")],
    &[("application_name", "één")],
    &[("client_encoding", "LATIN1")],
    &[("client_encoding", "nosuch")],
    &[("DateStyle", "German"), ("datestyle", "SQL, MDY")],
    &[("work_mem", "7MB"), ("work_mem", "8MB")],
    &[("nosuch_setting", "1")],
    &[("shared_buffers", "1MB")],
    &[("log_min_messages", "debug5")],
    &[("replication", "database")],
];
const OPTIONS: [&str; 9] = [
    "-c work_mem=7MB -cstatement_timeout=5s --extra-float-digits=2",
    r"-c application_name=a\ b\\c -cwork_mem=7MB",
    // An argument that is empty.
    r"-c work_mem=7MB \",
    "-c nosuch_setting=1",
    "-c",
    "--work_mem",
    "-S 7000 -e",
    "-Z",
    "-c _pq_.x=1",
];
const SETTINGS: &str = "SELECT current_user, session_user, current_database(), name, setting FROM pg_settings \
     WHERE name IN ('application_name', 'work_mem', 'search_path', 'statement_timeout', 'DateStyle', \
     'client_encoding', 'extra_float_digits', 'TimeZone') ORDER BY name";

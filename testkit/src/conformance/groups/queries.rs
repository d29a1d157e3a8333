//! Whole sessions, down to the last byte: nothing in them is the proxy's business.

use crate::{
    conformance::{Case, Section::Errors, Section::Transport, world::ACME},
    message::{V3_0, extended, query, startup, sync, tagged, terminate},
};

pub(super) fn cases() -> Vec<Case> {
    let errors = errors().into_iter().map(|messages| (Errors, messages));
    let others = others().into_iter().map(|messages| (Transport, messages));
    let case = |(section, messages): (_, Vec<u8>)| {
        let name = format!("the session {}", messages.escape_ascii());
        Case::new(section, name, move |talk| {
            talk.log_in(V3_0, ACME);
            talk.send(&messages);
            talk.send(&terminate());
        })
    };
    errors.chain(others).map(case).collect()
}

fn errors() -> Vec<Vec<u8>> {
    vec![
        query("SELECT 1; SELECT nosuch; SELECT 3"),
        query("SELECT 1/0"),
        query("SYNTAX ERROR"),
        query("BEGIN; SELECT 1/0"),
        query("DO $$ BEGIN RAISE NOTICE 'notice'; RAISE WARNING 'warning'; END $$"),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'd', b"x\n"),
            tagged(b'c', b""),
        ]
        .concat(),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'f', b"never mind\0"),
        ]
        .concat(),
        [
            extended("SELECT 1"),
            extended("SELECT nosuch"),
            extended("SELECT 2"),
            sync(),
        ]
        .concat(),
        [tagged(b'D', b"Snosuch\0"), sync()].concat(),
        tagged(b'!', b""),
        b"Q\0\0\0\x03".to_vec(),
        b"Q\xff\xff\xff\xff".to_vec(),
        tagged(b'Q', b"no terminator"),
        tagged(b'P', b"\0"),
        startup(V3_0, ACME),
    ]
}

fn others() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        query(""),
        query("SELECT 1; SELECT 'two', NULL; SELECT generate_series(1, 3)"),
        query("SELECT repeat('x', 100000)"),
        query("SET application_name = 'another'; SET client_encoding = LATIN1"),
        query("LISTEN news; NOTIFY news, 'extra'"),
        query("COPY (SELECT generate_series(1, 5)) TO STDOUT"),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'd', b"1\n2\n"),
            tagged(b'c', b""),
        ]
        .concat(),
        [extended("SELECT 1"), sync()].concat(),
        [
            extended("SELECT 1"),
            sync(),
            extended("SELECT 2"),
            sync(),
            query("SELECT 3"),
        ]
        .concat(),
        [extended("SELECT 1"), tagged(b'H', b""), sync()].concat(),
        [tagged(b'F', b"\0\0\0\x01\0\0\0\0\0\0"), query("SELECT 1")].concat(),
    ]
}

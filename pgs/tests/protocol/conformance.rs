//! The suite of testkit: the same bytes to a real PostgreSQL and to both proxies.

use crate::common::Stage;
use testkit::{
    RawClient,
    conformance::{
        Audience, Candidate, Section, Suite,
        world::{CLOSED, HALTED, ROLES},
    },
};

#[test]
fn framing_is_as_postgresql_has_it() {
    conforms(Section::Framing);
}

#[test]
fn encryption_is_negotiated_as_postgresql_does() {
    conforms(Section::Negotiation);
}

#[test]
fn parameters_are_taken_as_postgresql_takes_them() {
    conforms(Section::Parameters);
}

#[test]
fn versions_are_negotiated_as_postgresql_does() {
    conforms(Section::Versions);
}

#[test]
fn cancel_requests_act_as_with_postgresql() {
    conforms(Section::Cancel);
}

#[test]
fn passwords_are_treated_as_postgresql_treats_them() {
    conforms(Section::Authentication);
}

#[test]
fn errors_are_postgresqls_but_for_those_that_are_declared() {
    conforms(Section::Errors);
}

#[test]
fn the_transport_does_as_postgresqls() {
    conforms(Section::Transport);
}

/// With the proxy that tells reasons and with the one that tells nobody anything.
fn conforms(section: Section) {
    let stage = Stage::shared();
    for name in ROLES {
        stage.tenant(name);
    }
    stage.disabled_tenant(CLOSED);
    stage.stopped_tenant(HALTED);
    let suite = Suite::of(section);
    let judge = || stage.direct();
    let frank: &dyn Fn() -> RawClient = &|| stage.frank();
    let secretive: &dyn Fn() -> RawClient = &|| stage.secretive();
    for (name, connect, audience) in [
        ("a client that may know", frank, Audience::Trusted),
        ("a stranger", secretive, Audience::Stranger),
    ] {
        let candidate = Candidate {
            name,
            connect,
            audience,
        };
        let report = suite.run(&judge, &candidate);
        report.must_be_clean();
        testkit::note(&report.to_string());
    }
}

/// Well over a hundred were asked for, and none may be lost.
#[test]
fn the_suite_is_as_large_as_it_was() {
    let cases = Suite::all().cases().len();
    testkit::note(&format!("the conformance suite has {cases} cases"));
    assert!(cases >= 400, "{cases}");
}

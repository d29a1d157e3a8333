//! The suite judges the judge itself, and somebody who is not as good.

use testkit::{
    RawClient, ReferenceServer,
    conformance::{
        Audience, Candidate, DELIBERATE, Report, Section, Suite,
        world::{ROLES, password},
    },
    postgresql, skip,
};

fn server(major: u16) -> ReferenceServer {
    let roles = ROLES.map(|name| (name, password(name)));
    let roles = roles
        .each_ref()
        .map(|(name, password)| (*name, password.as_str()));
    ReferenceServer::start(major, &roles)
}

fn run(
    section: Section,
    judge: &ReferenceServer,
    candidate: &ReferenceServer,
    audience: Audience,
) -> Report {
    let connect: &dyn Fn() -> RawClient = &|| candidate.connect();
    let candidate = Candidate {
        name: "a server",
        connect,
        audience,
    };
    Suite::of(section).run(&|| judge.connect(), &candidate)
}

/// A server may end with a reset where it leaves input unread; only a proxy must not.
#[test]
fn a_server_is_as_itself() {
    let server = server(18);
    for section in Section::ALL {
        let report = run(section, &server, &server, Audience::Stranger);
        let mut failures = report.failures().iter();
        let found = failures.find(|failure| !failure.contains("it ends with a reset"));
        assert_eq!(found, None);
    }
}

#[test]
fn a_declared_difference_that_is_none_is_a_failure() {
    let server = server(18);
    let report = run(Section::Errors, &server, &server, Audience::Trusted);
    assert_eq!(report.failures().len(), DELIBERATE.len(), "{report}");
}

#[test]
fn an_undeclared_difference_is_a_failure() {
    if let Err(error) = postgresql::find(15) {
        skip("the differences of PostgreSQL 15", &error.chain());
        return;
    }
    let report = run(
        Section::Versions,
        &server(18),
        &server(15),
        Audience::Stranger,
    );
    // It negotiates down to 3.0.
    let of_3_2 = report
        .failures()
        .iter()
        .find(|failure| failure.starts_with("versions: protocol 3.2"));
    assert!(of_3_2.is_some(), "{report}");
}

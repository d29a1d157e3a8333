//! The suite judges the judge itself, and somebody who is not as good.

use testkit::{
    RawClient, ReferenceServer, ServerTls, TlsClient,
    certificates::Authority,
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
    let suite = Suite::of(Section::Errors);
    let names = suite.cases().iter().map(|case| case.name.as_str());
    let declared = names.filter(|name| DELIBERATE.iter().any(|it| it.case == *name));
    let failures = report.failures().iter();
    let failures = failures.filter(|failure| !failure.contains("it ends with a reset"));
    assert_eq!(failures.count(), declared.count(), "{report}");
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

/// A judge with TLS, the authority behind it, and how clients speak to it.
fn server_with_tls(hba: &str) -> Option<(ReferenceServer, TlsClient)> {
    let Some(bindir) = postgresql::bindir_with_tls() else {
        skip("the judge's TLS", "no PostgreSQL 18 with TLS is here");
        return None;
    };
    let authority = Authority::new("the judge's authority");
    let issued = authority.server(&["localhost", "127.0.0.1"]);
    let pem = authority.pem();
    let tls = ServerTls {
        certificate: &issued.certificate,
        key: &issued.key,
        authority: &pem,
        hba,
    };
    let roles = ROLES.map(|name| (name, password(name)));
    let roles = roles
        .each_ref()
        .map(|(name, password)| (*name, password.as_str()));
    let server = ReferenceServer::with_tls(&bindir, &roles, &tls);
    Some((server, TlsClient::trusting(&pem)))
}

#[test]
fn a_server_with_tls_is_as_itself() {
    let ways = [
        ("host all all all scram-sha-256\n", false),
        ("hostssl all all all scram-sha-256\n", true),
    ];
    for (hba, required) in ways {
        let Some((server, tls)) = server_with_tls(hba) else {
            return;
        };
        let suite = if required {
            Suite::of_required_tls(&tls)
        } else {
            Suite::of_tls(&tls)
        };
        let connect: &dyn Fn() -> RawClient = &|| server.connect();
        let candidate = Candidate {
            name: "a server with TLS",
            connect,
            audience: Audience::Stranger,
        };
        let report = suite.run(connect, &candidate);
        let meant = ["it ends with a reset", "there is no difference"];
        let mut failures = report.failures().iter();
        let found = failures.find(|failure| !meant.iter().any(|words| failure.contains(words)));
        assert_eq!(found, None);
    }
}

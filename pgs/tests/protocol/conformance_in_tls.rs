//! The suite of testkit where the proxy speaks TLS: how that begins, and that all else is in it as it is in the clear.

use crate::{common::Stage, tls_door::TlsDoor};
use pgs::{Disclosure, TlsPolicy, TlsServer};
use testkit::{
    RawClient, ReferenceServer, ServerTls, TlsClient,
    certificates::Authority,
    conformance::{
        Audience, Candidate, Minors, Section, Suite,
        world::{CLOSED, HALTED, ROLES, password},
    },
    note, postgresql, skip,
};

#[test]
fn tls_begins_as_postgresqls_where_it_may_be_spoken() {
    if let Some(ground) = Ground::prepare(MAY, TlsPolicy::Allow) {
        ground.is_clean("TLS allowed", Suite::of_tls(&ground.tls), |client| client);
    }
}

#[test]
fn tls_begins_as_postgresqls_where_it_has_to_be_spoken() {
    if let Some(ground) = Ground::prepare(MUST, TlsPolicy::Require) {
        let suite = Suite::of_required_tls(&ground.tls);
        ground.is_clean("TLS required", suite, |client| client);
    }
}

#[test]
fn everything_is_in_tls_as_in_the_clear() {
    let Some(ground) = Ground::prepare(MUST, TlsPolicy::Require) else {
        return;
    };
    let tls = &ground.tls;
    ground.is_clean("in TLS", Suite::all().inside_tls(), |client| {
        tls.after_a_request(client)
    });
}

#[test]
fn everything_that_is_negotiated_is_in_direct_tls_as_with_postgresql() {
    let Some(ground) = Ground::prepare(MUST, TlsPolicy::Require) else {
        return;
    };
    let tls = &ground.tls;
    for section in [Section::Negotiation, Section::Versions] {
        ground.is_clean("in direct TLS", Suite::of(section), |client| {
            tls.at_once(client)
        });
    }
}

/// A judge and a candidate with certificates of one authority.
struct Ground {
    _stage: std::sync::Arc<Stage>,
    judge: ReferenceServer,
    door: TlsDoor,
    tls: TlsClient,
}

impl Ground {
    fn prepare(hba: &str, policy: impl FnOnce(TlsServer) -> TlsPolicy) -> Option<Self> {
        let Some(bindir) = postgresql::bindir_with_tls() else {
            skip("conformance in TLS", "no PostgreSQL 18 here speaks TLS");
            return None;
        };
        let stage = Stage::shared();
        for name in ROLES {
            stage.tenant(name);
        }
        stage.disabled_tenant(CLOSED);
        stage.stopped_tenant(HALTED);
        let authority = Authority::new("the authority of both");
        let issued = authority.server(&["localhost", "127.0.0.1"]);
        let root = authority.pem();
        let roles = ROLES.map(|name| (name, password(name)));
        let roles = roles
            .each_ref()
            .map(|(name, password)| (*name, password.as_str()));
        let tls = ServerTls {
            certificate: &issued.certificate,
            key: &issued.key,
            authority: &root,
            hba,
        };
        let door = TlsDoor::open(&stage, &authority, Disclosure::Never, policy);
        let trusted = std::fs::read_to_string(door.root()).unwrap();
        Some(Self {
            judge: ReferenceServer::with_tls(&bindir, &roles, &tls),
            door,
            tls: TlsClient::trusting(&trusted),
            _stage: stage,
        })
    }

    fn is_clean(&self, name: &str, suite: Suite, secured: impl Fn(RawClient) -> RawClient) {
        let judge = || secured(self.judge.connect());
        let connect: &dyn Fn() -> RawClient = &|| secured(self.door.connect());
        let candidate = Candidate {
            name,
            connect,
            audience: Audience::Stranger,
        };
        let suite = suite.with_minors(Minors::Different);
        let report = suite.run(&judge, &candidate);
        report.must_be_clean();
        note(&report.to_string());
    }
}

const MAY: &str = "host all all all scram-sha-256\n";
const MUST: &str = "hostssl all all all scram-sha-256\n";

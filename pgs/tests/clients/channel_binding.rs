//! The matrix in docs/guides/tls.md, cell by cell, with libpq 18: the client's leg is TLS or not, and the server's is a Unix
//! socket or, by way of a tunnel, TLS as well.

use crate::{
    common::{Stage, password},
    door::{Door, Files},
    tunnel::{OneWay, Tunnel},
};
use pgs::TlsPolicy;
use std::sync::Arc;
use testkit::{ReferenceServer, ServerTls, certificates::Issued, postgresql, skip};

#[test]
fn a_server_on_a_unix_socket_offers_no_binding() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Allow);
    for leg in TLS_LEGS {
        hold(&door, leg, [TLS_WORKS, TLS_WORKS, NOT_OFFERED]);
    }
    hold(&door, CLEAR_LEG, [CLEAR_WORKS, CLEAR_WORKS, NO_TLS]);
}

#[test]
fn a_server_in_tls_binds_to_a_certificate_of_its_own() {
    let other = |files: &Files| files.authority.server(&["localhost"]);
    let Some(far) = Far::with("channel binding to another certificate", other) else {
        return;
    };
    for leg in TLS_LEGS {
        hold(&far.door, leg, [TLS_WORKS, CHECK_FAILED, CHECK_FAILED]);
    }
    hold(&far.door, CLEAR_LEG, [STRIPPED, STRIPPED, NO_TLS]);
}

#[test]
fn a_server_in_tls_binds_to_the_proxys_certificate_if_it_has_that_itself() {
    let same = |files: &Files| Issued {
        certificate: files.read("server.crt"),
        key: files.read("server.key"),
    };
    let Some(far) = Far::with("channel binding to the same certificate", same) else {
        return;
    };
    for leg in TLS_LEGS {
        hold(&far.door, leg, [TLS_WORKS; 3]);
    }
    hold(&far.door, CLEAR_LEG, [STRIPPED, STRIPPED, NO_TLS]);
}

/// That a client whose leg is this sees this with `disable`, `prefer` and `require`.
fn hold(door: &Door, leg: &str, expected: [&str; 3]) {
    for (binding, expected) in ["disable", "prefer", "require"].into_iter().zip(expected) {
        let script = format!("attempt({leg}, channel_binding='{binding}')");
        if let Some(printed) = door.psycopg("acme", &script) {
            // What comes first says where it tried to connect.
            let said = printed.rsplit(" failed: ").next().unwrap();
            assert_eq!(said.trim_end(), expected, "{script}: {printed}");
        }
    }
}

/// A server that speaks TLS, and a proxy whose way to it is a tunnel: pgs itself dials no TLS.
struct Far {
    door: Door,
    _tunnel: Tunnel,
    _server: ReferenceServer,
    _stage: Arc<Stage>,
}

impl Far {
    /// One whose server has this certificate.
    fn with(what: &str, certificate: impl FnOnce(&Files) -> Issued) -> Option<Self> {
        let Some(bindir) = postgresql::bindir_with_tls() else {
            skip(what, "no PostgreSQL 18 here speaks TLS");
            return None;
        };
        let stage = Stage::shared();
        let files = Files::new();
        let issued = certificate(&files);
        let authority = files.authority.pem();
        let tls = ServerTls {
            certificate: &issued.certificate,
            key: &issued.key,
            authority: &authority,
            hba: "hostssl all all all scram-sha-256\n",
        };
        let server = ReferenceServer::with_tls(&bindir, &[("acme", &password("acme"))], &tls);
        let tunnel = Tunnel::to(&stage, server.address(), &authority);
        let router = OneWay::new("acme", tunnel.path());
        Some(Self {
            door: Door::to(&stage, files, Arc::new(router)),
            _tunnel: tunnel,
            _server: server,
            _stage: stage,
        })
    }
}

const TLS_LEGS: [&str; 3] = [
    "sslmode='require', ssl_min_protocol_version='TLSv1.3'",
    "sslmode='require', ssl_max_protocol_version='TLSv1.2'",
    "sslmode='require', sslnegotiation='direct'",
];
const CLEAR_LEG: &str = "sslmode='disable'";

const TLS_WORKS: &str = "TLS acme";
const CLEAR_WORKS: &str = "clear acme";
const NO_TLS: &str = "channel binding required, but SSL not in use";
const NOT_OFFERED: &str = "channel binding is required, but server did not offer an authentication method that supports channel binding";
const CHECK_FAILED: &str = "FATAL:  SCRAM channel binding check failed";
const STRIPPED: &str = "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection";

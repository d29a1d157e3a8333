//! libpq 18, and psql, with TLS in front of the proxy.

use crate::{
    common::Stage,
    door::Door,
    peers::{CANCELLING, psqls, said},
};
use pgs::{ClientAuth, Config, Proxy, TlsPolicy};

#[test]
fn every_ssl_mode_finds_its_way() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Allow);
    for (parameters, expected) in [
        ("sslmode='disable'", "clear acme"),
        ("sslmode='allow'", "clear acme"),
        ("sslmode='prefer'", "TLS acme"),
        ("sslmode='require'", "TLS acme"),
        ("sslmode='verify-ca', sslrootcert='root.crt'", "TLS acme"),
        ("sslmode='verify-full', sslrootcert='root.crt'", "TLS acme"),
        (
            "sslmode='verify-full', sslrootcert='root.crt', sslnegotiation='direct'",
            "TLS acme",
        ),
        ("sslmode='require', sslnegotiation='direct'", "TLS acme"),
        (
            "sslmode='require', ssl_max_protocol_version='TLSv1.2'",
            "TLS acme",
        ),
        (
            "sslmode='require', ssl_min_protocol_version='TLSv1.3', max_protocol_version='3.2'",
            "TLS acme",
        ),
    ] {
        if let Some(printed) = door.psycopg("acme", &format!("attempt({parameters})")) {
            assert_eq!(printed, format!("{expected}\n"), "{parameters}");
        }
    }
}

#[test]
fn a_proxy_that_requires_tls_says_so_and_lets_cancel_requests_through() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Require);
    for tenant in ["acme", "nobody"] {
        if let Some(printed) = door.psycopg(tenant, "attempt(sslmode='disable')") {
            let refused = format!(
                "FATAL:  no pg_hba.conf entry for host \"127.0.0.1\", user \"{tenant}\", database \"{tenant}\", no encryption"
            );
            assert!(printed.contains(&refused), "{printed}");
        }
    }
    for parameters in ["sslmode='allow'", "sslmode='prefer'"] {
        if let Some(printed) = door.psycopg("acme", &format!("attempt({parameters})")) {
            assert_eq!(printed, "TLS acme\n", "{parameters}");
        }
    }
}

#[test]
fn a_query_is_cancelled_over_tls_and_in_the_clear() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Require);
    for parameters in ["", "sslnegotiation='direct'"] {
        // `PQcancel`, which `cancel` uses, is in the clear; `cancel_safe` is as encrypted as its session.
        for cancel in ["cancel_safe(timeout=30)", "cancel()"] {
            let script = format!(
                "{CANCELLING}
c, watcher = [connect(sslmode='require', {parameters}) for i in range(2)]
cancelled(c, watcher, lambda: c.{cancel})
print(value(c, 'SELECT 1'))"
            );
            if let Some(printed) = door.psycopg("acme", &script) {
                let expected = "canceling statement due to user request\n1\n";
                assert_eq!(printed, expected, "{parameters} {cancel}");
            }
        }
    }
}

#[test]
fn psql_speaks_tls() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Require);
    for (name, psql) in psqls() {
        let parameters = "sslmode=verify-full sslrootcert=root.crt";
        let output = door.psql(&psql, parameters, r"\conninfo");
        if name == "psql 18" && said(&output).contains("SSL support is not compiled in") {
            testkit::skip("psql 18 over TLS", "it was built without OpenSSL");
            continue;
        }
        assert!(
            said(&output).contains("TLSv1.3"),
            "{name}: {}",
            said(&output)
        );
    }
}

#[test]
fn the_pair_that_pgs_makes_is_one_that_clients_can_check() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let files = testkit::state_dir();
    let pair = pgs::self_signed(&["localhost".to_owned()], files.path()).unwrap();
    let mut config = Config::default();
    config.serve.listen = vec!["127.0.0.1:0".to_owned()];
    config.serve.tls.cert = Some(pair.certificate);
    config.serve.tls.key = Some(pair.key);
    let builder = Proxy::builder(stage.pgs()).config(&config);
    let proxy = stage.run("start a proxy", builder.start()).unwrap();
    let door = Door { proxy, files };
    let script = "attempt(host='localhost', sslmode='verify-full', sslrootcert='server.crt')";
    if let Some(printed) = door.psycopg("acme", script) {
        assert_eq!(printed, "TLS acme\n");
    }
}

#[test]
fn a_clients_certificate_is_one_more_gate() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let bob = "sslcert='bob.crt', sslkey='bob.key'";
    let stranger = "sslcert='stranger.crt', sslkey='stranger.key'";
    let refused = "connection requires a valid client certificate";
    let cases = [
        (ClientAuth::Request, "", "TLS acme"),
        (ClientAuth::Request, bob, "TLS acme"),
        (ClientAuth::Request, stranger, "alert unknown ca"),
        (ClientAuth::Require, "", refused),
        (ClientAuth::Require, bob, "TLS acme"),
        (ClientAuth::Require, stranger, "alert unknown ca"),
    ];
    for (auth, certificate, expected) in cases {
        let door = Door::with_clients(&stage, auth);
        for negotiation in ["postgres", "direct"] {
            let script = format!(
                "attempt(sslmode='require', sslnegotiation='{negotiation}', {certificate})"
            );
            if let Some(printed) = door.psycopg("acme", &script) {
                let case = format!("{auth:?} {script}: {printed}");
                assert!(printed.contains(expected), "{case}");
            }
        }
    }
}

#[test]
fn a_proxy_without_a_certificate_is_met_in_the_clear() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, |_| TlsPolicy::Off);
    for (parameters, expected) in [
        ("sslmode='prefer'", "clear acme"),
        (
            "sslmode='require'",
            "server does not support SSL, but SSL was required",
        ),
        ("sslmode='require', sslnegotiation='direct'", "SSL"),
    ] {
        if let Some(printed) = door.psycopg("acme", &format!("attempt({parameters})")) {
            assert!(printed.contains(expected), "{parameters}: {printed}");
        }
    }
}

#[test]
fn rows_are_copied_in_and_out_over_tls() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let door = Door::open(&stage, TlsPolicy::Require);
    for version in ["TLSv1.2", "TLSv1.3"] {
        let script = format!(
            "
c = connect(sslmode='require', ssl_max_protocol_version='{version}')
c.execute('CREATE TEMP TABLE t (i int, s text)')
with c.cursor().copy('COPY t FROM STDIN') as copy:
    for i in range(100000): copy.write_row((i, 'row' * 20))
with c.cursor().copy('COPY t TO STDOUT') as copy:
    print(sum(1 for row in copy.rows()))
print(len(value(c, \"SELECT repeat('x', 50000000)\")))"
        );
        if let Some(printed) = door.psycopg("acme", &script) {
            assert_eq!(printed, "100000\n50000000\n", "{version}");
        }
    }
}

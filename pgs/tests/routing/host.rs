//! The host name (SNI) names the tenant: libpq 18 with TLS.

use crate::{
    common::password,
    front::{Front, ROLE, keys},
    peers::{python, said},
};
use pgs::{KeyPair, TlsPolicy, TlsServer, TlsSettings, routing::RoutingKeys};
use tempfile::TempDir;
use testkit::{Program, certificates::Authority};

/// A listener that takes host names and, beside them, a role and a tenant.
fn listener() -> (Front, TempDir) {
    let files = testkit::state_dir();
    let authority = Authority::new("the authority");
    std::fs::write(files.path().join("root.crt"), authority.pem()).unwrap();
    let issued = authority.server(&["*.db.example.com"]);
    let (certificate, key) = issued.write(files.path(), "server");
    let settings = TlsSettings::new(KeyPair { certificate, key });
    let mut policy = keys(RoutingKeys {
        role_and_tenant: true,
        host_suffixes: vec!["db.example.com".to_owned()],
        ..RoutingKeys::NONE
    });
    policy.tls = TlsPolicy::Allow(TlsServer::load(settings).unwrap());
    (Front::frank(policy), files)
}

/// What libpq 18 makes of these parameters; none where there is no Python with psycopg.
fn connect(front: &Front, files: &TempDir, parameters: &str) -> Option<String> {
    let address = front.address();
    let target = format!(
        "hostaddr={} port={} {parameters}",
        address.ip(),
        address.port()
    );
    let mut command = Program::command(python()?);
    command
        .current_dir(files.path())
        .env("PGPASSWORD", password(ROLE))
        .args(["-c", SCRIPT, &target]);
    Some(said(&Program::run(&mut command)))
}

const SCRIPT: &str = "
import psycopg, sys
try:
    with psycopg.connect(sys.argv[1]) as c:
        print(c.execute(\"SELECT current_user || ' in ' || current_database()\").fetchone()[0])
except psycopg.OperationalError as e: print(e)";

#[test]
fn the_host_name_names_the_tenant() {
    let (front, files) = listener();
    for parameters in [
        "host=keyed.db.example.com user=app dbname=keyed sslmode=require",
        "host=Keyed.DB.example.com user=app dbname=keyed sslmode=require",
        "host=keyed.db.example.com user=app dbname=keyed sslmode=require sslnegotiation=direct",
        "host=keyed.db.example.com user=app dbname=keyed sslmode=verify-full sslrootcert=root.crt",
        "host=keyed.db.example.com user=app.keyed sslmode=require",
        "host=db.example.com user=app.keyed sslmode=require",
        "host=elsewhere.example.org user=app.keyed sslmode=require",
        "host=keyed.db.example.com user=app.keyed sslmode=disable",
    ] {
        let Some(said) = connect(&front, &files, parameters) else {
            return;
        };
        assert_eq!(said, "app in keyed\n", "{parameters}");
    }
}

#[test]
fn a_host_name_that_says_something_else_is_refused() {
    let (front, files) = listener();
    for (parameters, message) in [
        (
            "host=nobody.db.example.com user=app",
            "no tenant is named \"nobody\"",
        ),
        (
            "host=x.keyed.db.example.com user=app",
            "no tenant is named \"x.keyed\"",
        ),
        (
            "host=db.example.com user=app",
            "the connection names no tenant",
        ),
        (
            "host=beta.db.example.com user=app.keyed",
            "names different tenants: user name \"keyed\", host name \"beta\"",
        ),
        (
            "host=keyed.db.example.com user=pgs_admin",
            "role \"pgs_admin\" is not let in",
        ),
    ] {
        let parameters = format!("{parameters} sslmode=require");
        let Some(said) = connect(&front, &files, &parameters) else {
            return;
        };
        assert!(said.contains(message), "{parameters}: {said}");
    }
}

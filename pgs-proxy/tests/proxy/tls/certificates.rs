use crate::support::{Gateway, Tls};
use pgs_core::ErrorKind;
use pgs_proxy::{KeyPair, TlsPolicy, TlsServer, TlsSettings};
use rustls::pki_types::CertificateDer;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use testkit::certificates::Authority;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The common name of the certificate that a client sees who asks for this host.
async fn shown(tls: &Tls, gateway: &Gateway, host: &str) -> String {
    let safe = Tls::negotiated_with(gateway, tls.config(), host)
        .await
        .unwrap();
    let certificates = safe.0.get_ref().1.peer_certificates().unwrap();
    common_name(&certificates[0])
}

fn common_name(certificate: &CertificateDer<'_>) -> String {
    let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
    let name = certificate.subject().iter_common_name().next().unwrap();
    name.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_host_that_is_asked_for_chooses_the_certificate() {
    // Each has every name a client asks for below, so that it can be checked; the first name is also the common name.
    let tls = Tls::for_names(&[
        &["first.test", "localhost", "127.0.0.1"],
        &["*.example.com"],
        &["db.example.com"],
        &["other.test", "db.example.com"],
    ]);
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Allow(tls.server()));
    for (host, expected) in [
        ("localhost", "first.test"),
        ("127.0.0.1", "first.test"),
        ("other.test", "other.test"),
        ("OTHER.test", "other.test"),
        ("db.example.com", "db.example.com"),
        ("acme.example.com", "*.example.com"),
    ] {
        assert_eq!(shown(&tls, &gateway, host).await, expected, "{host}");
    }
    // Whom nobody knows gets the first one, which is not his.
    let unknown = Tls::negotiated_with(&gateway, tls.config(), "a.b.example.com").await;
    assert!(
        unknown
            .unwrap_err()
            .to_string()
            .contains("not valid for name")
    );
}

fn refusal(certificate: &Path, key: &Path) -> (ErrorKind, String) {
    let settings = TlsSettings::new(KeyPair {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    });
    let error = TlsServer::load(settings).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let tls = Tls::localhost();
    let KeyPair { certificate, key } = &tls.pairs[0];
    for mode in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(key, fs::Permissions::from_mode(mode)).unwrap();
        let (kind, message) = refusal(certificate, key);
        assert_eq!(kind, ErrorKind::PermissionDenied, "{mode:o}");
        assert!(message.contains("has group or world access"), "{message}");
        assert!(message.contains(&key.display().to_string()), "{message}");
    }
    fs::set_permissions(key, fs::Permissions::from_mode(0o400)).unwrap();
    tls.server();
}

#[test]
fn files_that_are_no_pair_are_named() {
    let tls = Tls::for_names(&[&["a.test"], &["b.test"]]);
    let [a, b] = &tls.pairs[..] else {
        unreachable!()
    };
    let (_, mismatch) = refusal(&a.certificate, &b.key);
    assert!(
        mismatch.contains("is not the key of the certificate"),
        "{mismatch}"
    );
    let (_, swapped) = refusal(&a.key, &a.key);
    assert!(swapped.contains("holds no certificate"), "{swapped}");
    let junk = tls.files.path().join("junk");
    testkit::certificates::write_key(
        &junk,
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let (_, no_key) = refusal(&a.certificate, &junk);
    assert!(no_key.contains("holds no private key"), "{no_key}");
    let (_, not_understood) = refusal(&junk, &a.key);
    assert!(
        not_understood.contains("is not understood"),
        "{not_understood}"
    );
    let (_, missing) = refusal(&tls.files.path().join("missing"), &a.key);
    assert!(missing.contains("missing"), "{missing}");
}

#[test]
fn an_expired_certificate_is_used_if_there_is_no_better_one() {
    let files = testkit::state_dir();
    let expired = Authority::new("the authority").expired_server(&["localhost"]);
    let (certificate, key) = expired.write(files.path(), "expired");
    TlsServer::load(TlsSettings::new(KeyPair { certificate, key })).unwrap();
}

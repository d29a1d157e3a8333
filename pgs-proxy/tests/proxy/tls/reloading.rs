use crate::support::{Gateway, Tls, soon};
use pgs_proxy::{KeyPair, TlsPolicy, TlsServer};
use std::{fs, os::unix::fs::symlink, path::Path};
use testkit::certificates::{Issued, write_key};
use tokio::task::yield_now;

/// The serial number of the certificate that new clients see.
async fn serial(tls: &Tls, gateway: &Gateway) -> Vec<u8> {
    let safe = tls.negotiated(gateway).await;
    safe.0.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn write(issued: &Issued, pair: &KeyPair) {
    fs::write(&pair.certificate, &issued.certificate).unwrap();
    write_key(&pair.key, &issued.key);
}

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_sessions_go_on() {
    let tls = Tls::localhost();
    let server = tls.server();
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Require(server.clone()));
    let mut live = tls.negotiated(&gateway).await;
    let mut session = live.log_in(&backend).await;
    let old = serial(&tls, &gateway).await;
    write(&tls.authority.server(&["localhost"]), &tls.pairs[0]);
    let reload = server.reload();
    assert_eq!((reload.replaced.len(), reload.faults.len()), (1, 0));
    assert_ne!(serial(&tls, &gateway).await, old);
    live.send(b"still here").await;
    session.expect(b"still here").await;
    let again = server.reload();
    assert_eq!((again.replaced.len(), again.faults.len()), (0, 0));
}

#[tokio::test]
async fn what_is_no_good_leaves_the_old_certificate_in_use_and_the_others_are_replaced() {
    let tls = Tls::for_names(&[&["localhost"], &["other.test"]]);
    let server = tls.server();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Require(server.clone()));
    let old = serial(&tls, &gateway).await;
    let [first, second] = &tls.pairs[..] else {
        unreachable!()
    };
    let new = tls.authority.server(&["localhost"]);
    let expired = tls.authority.expired_server(&["localhost"]);
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let cases = [
        ("", new.key.clone(), "holds no certificate"),
        (&new.certificate, String::new(), "holds no private key"),
        (&half(&new.certificate), new.key.clone(), "certificate file"),
        (&new.certificate, half(&new.key), "holds no private key"),
        (&new.certificate, expired.key.clone(), "is not the key of"),
        (&expired.certificate, expired.key.clone(), "has expired"),
    ];
    for (certificate, key, fault) in cases {
        fs::write(&first.certificate, certificate).unwrap();
        write_key(&first.key, &key);
        write(&tls.authority.server(&["other.test"]), second);
        let reload = server.reload();
        assert_eq!(reload.replaced, [second.certificate.display().to_string()]);
        let [error] = &reload.faults[..] else {
            panic!("{fault}: {:?}", reload.faults)
        };
        assert!(error.to_string().contains(fault), "{fault}: {error}");
        assert_eq!(serial(&tls, &gateway).await, old, "{fault}");
    }
    fs::remove_file(&first.key).unwrap();
    assert_eq!(server.reload().faults.len(), 1);
    assert_eq!(serial(&tls, &gateway).await, old);
    write(&new, first);
    assert_eq!(server.reload().replaced.len(), 1);
    assert_ne!(serial(&tls, &gateway).await, old);
}

async fn until_replaced(tls: &Tls, gateway: &Gateway, old: &[u8]) {
    soon(async {
        while serial(tls, gateway).await == old {
            yield_now().await;
        }
    })
    .await;
}

fn watch(server: &TlsServer) -> tokio::task::JoinHandle<()> {
    let server = server.clone();
    tokio::spawn(async move { match server.watch().await {} })
}

#[tokio::test]
async fn files_that_change_are_noticed_also_one_after_the_other() {
    let tls = Tls::localhost();
    let server = tls.server();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Require(server.clone()));
    let watching = watch(&server);
    // Nobody tells when the watch has begun; what changed before is found by the hint that comes for the key.
    for _ in 0..3 {
        yield_now().await;
        let old = serial(&tls, &gateway).await;
        let new = tls.authority.server(&["localhost"]);
        fs::write(&tls.pairs[0].certificate, &new.certificate).unwrap();
        // For a while the halves do not fit together.
        for _ in 0..20 {
            assert_eq!(serial(&tls, &gateway).await, old);
        }
        write_key(&tls.pairs[0].key, &new.key);
        until_replaced(&tls, &gateway, &old).await;
    }
    watching.abort();
}

/// As the volumes of Kubernetes do it: the files are links into a directory that is a link itself, which is replaced.
#[tokio::test]
async fn a_link_two_steps_away_is_noticed() {
    let mut tls = Tls::localhost();
    let volume = tls.files.path().join("volume");
    let lay = |name: &str, issued: &Issued| {
        let directory = volume.join(name);
        fs::create_dir_all(&directory).unwrap();
        issued.write(&directory, "tls");
        symlink(name, volume.join("..tmp")).unwrap();
        fs::rename(volume.join("..tmp"), volume.join("..data")).unwrap();
    };
    lay("..1", &tls.authority.server(&["localhost"]));
    for file in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(file), volume.join(file)).unwrap();
    }
    tls.pairs[0] = KeyPair {
        certificate: volume.join("tls.crt"),
        key: volume.join("tls.key"),
    };
    let server = tls.server();
    let (gateway, _backend) = Gateway::with_tls(TlsPolicy::Require(server.clone()));
    let watching = watch(&server);
    yield_now().await;
    let old = serial(&tls, &gateway).await;
    lay("..2", &tls.authority.server(&["localhost"]));
    until_replaced(&tls, &gateway, &old).await;
    watching.abort();
}

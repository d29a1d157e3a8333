use crate::support::{Gateway, Tls, startup};
use pgs_proxy::{ClientAuth, TlsPolicy};
use rustls::version::{TLS12, TLS13};
use testkit::certificates::Authority;

#[tokio::test]
async fn a_certificate_that_is_required_is_asked_for_after_the_startup_packet() {
    let (tls, clients) = (Tls::localhost(), Authority::new("the clients' authority"));
    let server = tls.server_for_clients(&clients, ClientAuth::Require);
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Require(server));
    let good = clients.client("bob");
    for version in [&TLS12, &TLS13] {
        let config = tls.config_with(&[version], Some(&good));
        let safe = Tls::negotiated_with(&gateway, config, "localhost").await;
        safe.unwrap().log_in(&backend).await;
        for user in ["acme", "nobody"] {
            let config = tls.config_with(&[version], None);
            let safe = Tls::negotiated_with(&gateway, config, "localhost").await;
            let mut safe = safe.unwrap();
            safe.send(&startup(user)).await;
            let refused = String::from_utf8_lossy(&safe.rest().await).into_owned();
            assert!(refused.contains("C28000"), "{refused}");
            assert!(
                refused.contains("connection requires a valid client certificate"),
                "{refused}"
            );
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_shown_has_to_be_good() {
    let (tls, clients) = (Tls::localhost(), Authority::new("the clients' authority"));
    let server = tls.server_for_clients(&clients, ClientAuth::Request);
    let (gateway, backend) = Gateway::with_tls(TlsPolicy::Allow(server));
    let mut without = tls.negotiated(&gateway).await;
    without.log_in(&backend).await;
    let bad = Authority::new("somebody else").client("bob");
    let config = tls.config_with(&[&TLS12], Some(&bad));
    let refused = Tls::negotiated_with(&gateway, config, "localhost").await;
    assert!(refused.unwrap_err().to_string().contains("alert"));
    // In 1.3 the client's handshake is over before the server has seen its certificate.
    let config = tls.config_with(&[&TLS13], Some(&bad));
    let mut safe = Tls::negotiated_with(&gateway, config, "localhost")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut safe.0, &mut rest).await;
    assert!(read.unwrap_err().to_string().contains("alert"));
}

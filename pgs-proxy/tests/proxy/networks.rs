//! From where clients may come.

use crate::{
    refusing::among_strangers,
    support::{Backend, Client, Gateway, startup},
};
use pgs_core::NetworkRules;
use pgs_proxy::ListenerPolicy;

fn only(allow: &[&str], deny: &[&str]) -> (Gateway, Backend) {
    let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    let mut policy = ListenerPolicy::default();
    policy.networks = NetworkRules {
        allow: parse(allow),
        deny: parse(deny),
    };
    let gateway = Gateway::open_with(among_strangers(), policy);
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    (gateway, backend)
}

async fn ask(gateway: &Gateway, user: &str) -> Client {
    let mut client = gateway.connect().await;
    client.send(&startup(user)).await;
    client
}

#[tokio::test]
async fn an_address_that_is_not_let_in_is_told_so_whoever_it_asks_for() {
    for (allow, deny) in [
        (&["10.0.0.0/8"][..], &[][..]),
        (&[], &["127.0.0.0/8"]),
        (&["127.0.0.1"], &["127.0.0.1"]),
    ] {
        let (gateway, _backend) = only(allow, deny);
        let [acme, none] = [ask(&gateway, "acme"), ask(&gateway, "none")];
        let [acme, none] = [acme.await.rest().await, none.await.rest().await];
        let text = "no pg_hba.conf entry for host \"127.0.0.1\", user \"acme\", database \"acme\", no encryption";
        let said = String::from_utf8(acme).unwrap();
        assert!(said.contains(text) && said.contains("C28000\0"), "{said}");
        assert_eq!(
            String::from_utf8(none).unwrap(),
            said.replace("acme", "none")
        );
        assert_eq!(
            gateway.proxy.counters().snapshot().refused,
            [("address_denied", 2)].into()
        );
    }
}

#[tokio::test]
async fn an_address_that_is_let_in_is_routed() {
    for (allow, deny) in [
        (&["127.0.0.0/8"][..], &["127.0.0.2"][..]),
        (&[], &["10.0.0.0/8", "::1"]),
        (&["::ffff:127.0.0.1"], &[]),
    ] {
        let (gateway, backend) = only(allow, deny);
        let _client = ask(&gateway, "acme").await;
        backend.accept().await.expect(&startup("acme")).await;
    }
}

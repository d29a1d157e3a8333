//! From where clients may come, by the listener and by the tenant.

use crate::{
    common::{Stage, password},
    front::{Front, TENANT},
};
use pgs::{Change, ListenerPolicy, Network, NetworkRules, NetworksChange};
use std::net::{IpAddr, Ipv4Addr};
use testkit::{
    Greeting, RawClient,
    message::{V3_0, startup},
    skip,
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

fn networks(texts: &[&str]) -> Vec<Network> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// How a login from this address goes; none where the machine does not have it.
fn login_from(source: IpAddr, front: &Front, user: &str) -> Option<Greeting> {
    match RawClient::tcp_from(source, front.address()) {
        Ok(mut client) => Some(client.login(&startup(V3_0, user), &password(user))),
        Err(error) => {
            skip(&format!("clients from {source}"), &error.to_string());
            None
        }
    }
}

fn message(greeting: &Greeting) -> Option<String> {
    greeting.frames.iter().find_map(|frame| frame.field(b'M'))
}

#[test]
fn a_listener_lets_in_from_its_networks_only() {
    let mut policy = ListenerPolicy::default();
    policy.networks = NetworkRules {
        allow: networks(&["127.0.0.0/8"]),
        deny: networks(&["127.0.0.2"]),
    };
    for front in [Front::frank(policy.clone()), Front::secretive(policy)] {
        assert!(login_from(HERE, &front, TENANT).unwrap().is_ready());
        for user in [TENANT, "nobody"] {
            let Some(refused) = login_from(THERE, &front, user) else {
                return;
            };
            let words = format!(
                "no pg_hba.conf entry for host \"127.0.0.2\", user \"{user}\", database \"{user}\", no encryption"
            );
            assert_eq!(
                (refused.sqlstate().as_deref(), message(&refused)),
                (Some("28000"), Some(words))
            );
        }
    }
}

#[test]
fn a_tenant_lets_in_from_its_networks_only_from_the_next_connection_on() {
    let stage = Stage::shared();
    let fenced = stage.tenant("fenced");
    let [frank, secretive] =
        [Front::frank, Front::secretive].map(|front| front(ListenerPolicy::default()));
    let set = |allow, deny| {
        let mut change = NetworksChange::default();
        (change.allow, change.deny) = (allow, deny);
        stage
            .run("set networks", stage.pgs().set_networks(&fenced, change))
            .unwrap()
    };
    let lets_in = |source| login_from(source, &frank, "fenced").map(|greeting| greeting.is_ready());
    assert_ne!(lets_in(THERE), Some(false));
    let mut session = frank.connect();
    session.log_in("fenced", &password("fenced"));

    set(
        Change::Set(networks(&["127.0.0.1", "10.0.0.0/8"])),
        Change::Keep,
    );
    assert_eq!(lets_in(HERE), Some(true));
    if let Some(refused) = login_from(THERE, &frank, "fenced") {
        let words = "no pg_hba.conf entry for host \"127.0.0.2\", user \"fenced\", database \"fenced\", no encryption";
        assert_eq!(
            (refused.sqlstate().as_deref(), message(&refused).as_deref()),
            (Some("28000"), Some(words))
        );
        let refused = login_from(THERE, &secretive, "fenced").unwrap();
        assert_eq!(
            refused.sqlstate().as_deref(),
            Some("28P01"),
            "though the password is right"
        );
    }
    set(Change::Lift, Change::Set(networks(&["127.0.0.1"])));
    assert_eq!(lets_in(HERE), Some(false));
    assert_ne!(lets_in(THERE), Some(false));
    assert_eq!(session.value("SELECT 'goes on'"), "goes on");
    set(Change::Keep, Change::Lift);
    assert_eq!(lets_in(HERE), Some(true));
}

//! Logins that are never finished, by strangers whom a load balancer names.

use crate::common::{Stage, password};
use pgs::{Access, Disclosure, ListenAddress, ListenerPolicy, Proxy, ProxyConfig};
use pgs_proxy::LoginLimits;
use std::{net::SocketAddr, time::Duration};
use testkit::{
    Frame, RawClient,
    message::{V3_0, startup, startup_with},
};

/// A client at 192.0.2.`last`, as version 2 of the PROXY protocol says it.
fn from(address: SocketAddr, last: u8, packet: &[u8]) -> RawClient {
    let mut client = RawClient::tcp(address);
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C";
    let addresses = [192, 0, 2, last, 192, 0, 2, 254, 0x9C, 0x40, 0x15, 0x38];
    client.send(&[header, &addresses[..], packet].concat());
    client
}

fn open(stage: &Stage, wait: Duration) -> (Proxy, SocketAddr) {
    let mut policy = ListenerPolicy::default();
    policy.proxy_protocol = Some(["127.0.0.1/32".parse().unwrap()].into_iter().collect());
    let limits = ProxyConfig {
        disclose: Disclosure::Never,
        logins: LoginLimits {
            wait,
            ..LoginLimits::default()
        },
        ..ProxyConfig::default()
    };
    let builder = Proxy::builder(stage.pgs())
        .limits(limits)
        .listen_with("127.0.0.1:0", policy);
    let proxy = stage.run("start a proxy", builder.start()).unwrap();
    let ListenAddress::Tcp(address) = proxy.addresses()[0] else {
        panic!("not TCP");
    };
    (proxy, address)
}

/// 120 strangers at two addresses, who send `packet` and then nothing.
fn besiege(address: SocketAddr, packet: &[u8]) -> Vec<RawClient> {
    let silent = (0..120).map(|number| from(address, 1 + number % 2, packet));
    silent.collect()
}

/// How many of them are asked for a password, and how many are told that there are too many.
fn heard(silent: &mut [RawClient]) -> [usize; 2] {
    let heard = silent.iter_mut().filter_map(|client| client.frame().ok());
    let heard: Vec<Frame> = heard.collect();
    let asked = heard
        .iter()
        .filter(|frame| frame.authentication() == Some(SASL));
    let full = |frame: &&Frame| frame.sqlstate().as_deref() == Some("53300");
    [asked.count(), heard.iter().filter(full).count()]
}

/// With the hundred connections that a server takes by itself.
fn besieged(stage: &Stage) {
    stage.tenant_with("besieged", |spec| {
        spec.access = Access::Enabled;
        spec.instance.settings.clear();
    });
}

#[test]
fn strangers_that_say_nothing_keep_no_owner_out() {
    let stage = Stage::shared();
    besieged(&stage);
    let (_proxy, address) = open(&stage, LoginLimits::default().wait);
    let packet = startup(V3_0, "besieged");
    let replicating = startup_with(V3_0, &[("user", "besieged"), ("replication", "database")]);
    let _silent = [besiege(address, &packet), besiege(address, &replicating)];
    // The password is right, but this role may not replicate: that is said by a server that had room.
    for (packet, expected) in [(packet, None), (replicating, Some("42501"))] {
        let mut owner = from(address, 99, &packet);
        let greeting = owner.authenticate(&password("besieged"));
        let let_in = |frame: &Frame| frame.authentication() == Some(OK);
        assert!(greeting.frames.iter().any(let_in), "{greeting:?}");
        assert_eq!(greeting.sqlstate().as_deref(), expected);
    }
}

#[test]
fn strangers_that_say_nothing_learn_nothing() {
    let stage = Stage::shared();
    besieged(&stage);
    for name in ["besieged", "nobody"] {
        let (_proxy, address) = open(&stage, Duration::from_secs(1));
        let mut silent = besiege(address, &startup(V3_0, name));
        assert_eq!(heard(&mut silent), [32, 88], "{name}");
        let replicating = startup_with(V3_0, &[("user", name), ("replication", "database")]);
        let mut silent = besiege(address, &replicating);
        assert_eq!(heard(&mut silent), [4, 116], "{name}");
    }
}

/// Authentication requests: that there is nothing more to do, and for SASL.
const OK: u32 = 0;
const SASL: u32 = 10;

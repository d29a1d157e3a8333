//! A name looks the same to a stranger whatever becomes of its tenant.

use crate::common::{Stage, password};
use pgs::{Access, Disclosure, Proxy, ProxyConfig};
use testkit::{
    Closing, Frame, RawClient,
    message::{V3_0, V3_2, V3_9999, startup, startup_with},
    postgresql, skip,
};

/// What a stranger sees who tries a wrong password: every byte but the server's nonce, and how it ends.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    frames: Vec<Frame>,
    closing: Option<Closing>,
}

fn try_wrong_password(proxy: &Proxy, name: &str) -> Seen {
    try_packet(proxy, &startup(V3_0, name))
}

fn try_packet(proxy: &Proxy, packet: &[u8]) -> Seen {
    let greeting = RawClient::tcp(proxy.address()).login(packet, "wrong");
    Seen {
        frames: greeting.frames.into_iter().map(without_nonce).collect(),
        closing: greeting.closing,
    }
}

fn without_nonce(mut frame: Frame) -> Frame {
    if frame.authentication() == Some(11) {
        let nonce = frame.body[4..].split_mut(|byte| *byte == b',').next();
        nonce.unwrap().fill(b'*');
    }
    frame
}

fn secretive(stage: &Stage) -> Proxy {
    stage.proxy_with(ProxyConfig {
        disclose: Disclosure::Never,
        ..ProxyConfig::default()
    })
}

fn restarted(stage: &Stage, proxy: Proxy) -> Proxy {
    stage.run("stop a proxy", proxy.shutdown());
    secretive(stage)
}

#[test]
fn a_tenant_that_is_disabled_or_stopped_keeps_its_salt() {
    let stage = Stage::shared();
    let id = stage.tenant("waning");
    let mut proxy = secretive(&stage);
    let live = try_wrong_password(&proxy, "waning");
    assert_eq!(live.closing, Some(Closing::Finished));
    let sqlstate = live.frames.last().and_then(Frame::sqlstate);
    assert_eq!(sqlstate.as_deref(), Some("28P01"));

    let disable = stage.pgs().set_access(&id, Access::Disabled);
    stage.run("disable a tenant", disable).unwrap();
    assert_eq!(try_wrong_password(&proxy, "waning"), live, "disabled");
    proxy = restarted(&stage, proxy);
    assert_eq!(
        try_wrong_password(&proxy, "waning"),
        live,
        "after a restart"
    );

    let enable = stage.pgs().set_access(&id, Access::Enabled);
    stage.run("enable a tenant", enable).unwrap();
    stage.run("stop a tenant", stage.pgs().stop(&id)).unwrap();
    assert_eq!(try_wrong_password(&proxy, "waning"), live, "stopped");

    let proxy = restarted(&stage, proxy);
    stage.run("purge a tenant", stage.pgs().purge(&id)).unwrap();
    assert_eq!(try_wrong_password(&proxy, "waning"), live, "gone");
    stage.run("stop a proxy", proxy.shutdown());
}

/// The packets by whose answers the versions of servers differ.
fn packets_of_all_versions(name: &str) -> Vec<Vec<u8>> {
    let versions = [V3_0, V3_2, V3_9999].into_iter();
    let packets = versions.flat_map(|version| {
        let option = startup_with(version, &[("user", name), ("_pq_.x", "")]);
        [startup(version, name), option]
    });
    packets.collect()
}

fn try_all_versions(proxy: &Proxy, name: &str) -> Vec<Seen> {
    let packets = packets_of_all_versions(name);
    let seen = packets.iter().map(|packet| try_packet(proxy, packet));
    seen.collect()
}

#[test]
fn a_tenant_keeps_the_words_of_its_own_version_beside_others() {
    let stage = Stage::mixed();
    if let Err(error) = postgresql::find(15) {
        return skip("a tenant with PostgreSQL 15", &error.chain());
    }
    let names = ["elder", "younger"];
    let [elder, younger] = names.map(|name| {
        stage.tenant_with(name, |spec| {
            spec.access = Access::Enabled;
            if name == "elder" {
                spec.instance.pg_version = Some("15".parse().unwrap());
            }
        })
    });
    let mut proxy = secretive(&stage);
    let live = names.map(|name| try_all_versions(&proxy, name));
    assert_eq!(live[0][0].frames.len(), live[1][0].frames.len());
    for (old, young) in live[0].iter().zip(&live[1]) {
        assert_ne!(old.frames.last().unwrap(), young.frames.last().unwrap());
    }
    let unknown: Vec<_> = (0..8).map(|number| format!("unheard{number}")).collect();
    let mock = |proxy: &Proxy| -> Vec<_> {
        let each = unknown.iter().map(|name| try_all_versions(proxy, name));
        each.collect()
    };
    let before = mock(&proxy);

    for id in [&elder, &younger] {
        let disable = stage.pgs().set_access(id, Access::Disabled);
        stage.run("disable a tenant", disable).unwrap();
    }
    for restarts in 0..2 {
        for (name, live) in names.iter().zip(&live) {
            let seen = try_all_versions(&proxy, name);
            assert_eq!(seen, *live, "{name} after {restarts} restarts");
        }
        proxy = restarted(&stage, proxy);
    }
    let after = mock(&proxy);
    assert_eq!(before, after, "an unknown name keeps its version");
    stage.run("stop a proxy", proxy.shutdown());
}

/// Its iterations, too.
#[test]
fn a_salt_that_a_role_gave_itself_is_kept_as_well() {
    let stage = Stage::shared();
    let id = stage.tenant("peculiar");
    let proxy = secretive(&stage);
    let mut client = RawClient::tcp(proxy.address());
    client.log_in("peculiar", &password("peculiar"));
    client.ask("SET scram_iterations = 5000");
    let altered = client.ask("ALTER ROLE peculiar PASSWORD 'another'");
    assert!(altered.iter().all(|frame| frame.tag != b'E'), "{altered:?}");

    let live = try_wrong_password(&proxy, "peculiar");
    let disable = stage.pgs().set_access(&id, Access::Disabled);
    stage.run("disable a tenant", disable).unwrap();
    assert_eq!(try_wrong_password(&proxy, "peculiar"), live);
    let challenge = String::from_utf8_lossy(&live.frames[1].body).into_owned();
    assert!(challenge.ends_with(",i=5000"), "{challenge}");
    stage.run("stop a proxy", proxy.shutdown());
}

#[test]
fn the_salts_are_kept_where_only_their_owner_reads_them() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::shared();
    stage.tenant("acme");
    let proxy = secretive(&stage);
    try_wrong_password(&proxy, "acme");
    stage.run("stop a proxy", proxy.shutdown());
    let file = stage.pgs().state_dir().join("proxy-salts");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = std::fs::read_to_string(&file).unwrap();
    let acme: Vec<_> = kept
        .lines()
        .filter(|line| line.starts_with("61636d65 "))
        .collect();
    assert_eq!(acme.len(), 1, "{kept}");
}

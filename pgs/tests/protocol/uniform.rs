//! A name looks the same to a stranger whatever becomes of its tenant.

use crate::common::{Stage, password};
use pgs::{Access, Disclosure, Proxy, ProxyConfig};
use testkit::{
    Closing, Frame, RawClient,
    message::{V3_0, startup},
};

/// What a stranger sees who tries a wrong password: every byte but the server's nonce, and how it ends.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    frames: Vec<Frame>,
    closing: Option<Closing>,
}

fn try_wrong_password(proxy: &Proxy, name: &str) -> Seen {
    let greeting = RawClient::tcp(proxy.address()).login(&startup(V3_0, name), "wrong");
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

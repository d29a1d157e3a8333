//! Changes of tenants act on the very next connection, and on the sessions that are there.

use crate::{
    common::{Stage, password},
    refusing::assert_told,
};
use pgs::routing::Refusal;
use std::time::{Duration, Instant};
use testkit::{
    Closing, Frame, RawClient,
    message::{V3_0, query, startup},
    until,
};

#[test]
fn a_disabled_tenant_is_left_within_a_second() {
    let stage = Stage::shared();
    let id = stage.tenant("revoked");
    let mut idle = stage.frank();
    let mut busy = stage.frank();
    idle.log_in("revoked", &password("revoked"));
    let (pid, _) = busy.log_in("revoked", &password("revoked")).cancel_key();
    busy.send(&query("SELECT pg_sleep(600)"));
    let asleep = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
    );
    until("the session sleeps", || idle.value(&asleep) == "1");

    stage.run("disable", stage.pgs().disable(&id)).unwrap();
    let disabled = Instant::now();
    for client in [&mut idle, &mut busy] {
        let (bytes, closing) = client.rest();
        let codes: Vec<_> = Frame::all(&bytes)
            .iter()
            .filter_map(Frame::sqlstate)
            .collect();
        assert_eq!(
            (codes, closing),
            (vec!["57P01".to_owned()], Closing::Finished)
        );
    }
    assert!(
        disabled.elapsed() < Duration::from_secs(1),
        "{:?}",
        disabled.elapsed()
    );
    let refused = stage
        .frank()
        .login(&startup(V3_0, "revoked"), &password("revoked"));
    assert_told(
        &refused.frames[0],
        &Refusal::AccessDisabled(id.clone()),
        "revoked",
    );

    stage.run("enable", stage.pgs().enable(&id)).unwrap();
    stage.frank().log_in("revoked", &password("revoked"));
}

#[test]
fn a_stopped_tenant_says_goodbye_and_comes_back() {
    let stage = Stage::shared();
    let id = stage.tenant("resting");
    let mut client = stage.frank();
    client.log_in("resting", &password("resting"));
    stage.run("stop", stage.pgs().stop(&id)).unwrap();
    let (bytes, closing) = client.rest();
    let code = Frame::all(&bytes).iter().find_map(Frame::sqlstate);
    assert_eq!(
        (code.as_deref(), closing),
        (Some("57P01"), Closing::Finished)
    );
    let refused = stage
        .frank()
        .login(&startup(V3_0, "resting"), &password("resting"));
    assert_told(
        &refused.frames[0],
        &Refusal::NotRunning(id.clone()),
        "resting",
    );

    stage.run("start", stage.pgs().start(&id)).unwrap();
    stage.frank().log_in("resting", &password("resting"));
}

#[test]
fn a_new_password_acts_at_once() {
    let stage = Stage::shared();
    let id = stage.tenant("changing");
    let login = |password: &str| -> Option<String> {
        let mut client: RawClient = stage.frank();
        client
            .login(&startup(V3_0, "changing"), password)
            .sqlstate()
    };
    let new = stage
        .run("change the password", stage.pgs().set_password(&id, None))
        .unwrap();
    assert_eq!(login(new.reveal()), None);
    assert_eq!(login(&password("changing")).as_deref(), Some("28P01"));
}

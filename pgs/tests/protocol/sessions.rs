//! What the sessions of tenants have of their own.

use crate::common::{Stage, password};
use testkit::{
    Greeting,
    message::{V3_0, V3_2, startup},
    until,
};

#[test]
fn a_client_that_vanishes_takes_its_session_along() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let mut client = stage.frank();
    let (pid, _) = client.log_in("acme", &password("acme")).cancel_key();
    drop(client);
    let mut other = stage.frank();
    other.log_in("acme", &password("acme"));
    let question = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    until("the session is over", || other.value(&question) == "0");
}

#[test]
fn salts_are_the_tenants_own() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let log_in = || -> Greeting { stage.frank().log_in("acme", &password("acme")) };
    assert_eq!(log_in().salt(), log_in().salt());
}

#[test]
fn cancel_keys_are_as_long_as_the_version_has_them() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for (version, length) in [(V3_0, 4), (V3_2, 32)] {
        let greeting = stage
            .frank()
            .login(&startup(version, "acme"), &password("acme"));
        assert_eq!(greeting.cancel_key().1.len(), length);
    }
}

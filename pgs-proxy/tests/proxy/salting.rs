use crate::{
    refusing::{among_strangers, challenge, wrong_password},
    support::{Client, Gateway, startup},
};
use pgs_core::{
    routing::Refusal,
    wire::{Challenge, authentication},
};
use pgs_proxy::KnownSalt;

async fn ask(gateway: &Gateway, user: &str) -> Client {
    let mut client = gateway.connect().await;
    client.send(&startup(user)).await;
    client
}

/// What a live server told, however it was cut, is told again when it is gone, and by the next proxy.
#[tokio::test]
async fn a_name_keeps_the_salt_a_live_server_has_told() {
    let (gateway, backend, _) = Gateway::with_tenant(among_strangers());
    let mut client = ask(&gateway, "acme").await;
    let mut server = backend.accept().await;
    let mut told = Vec::new();
    authentication::sasl(&["SCRAM-SHA-256"], &mut told);
    authentication::sasl_continue(b"r=abc,s=c2FsdHNhbHQ=,i=5000", &mut told);
    let (head, tail) = told.split_at(told.len() - 1);
    for part in [head, tail] {
        server.send(part).await;
        client.expect(part).await;
    }

    gateway.router.answer("acme", Err(Refusal::UnknownTenant));
    let seen = challenge(&mut ask(&gateway, "acme").await).await;
    assert!(seen.ends_with(b",s=c2FsdHNhbHQ=,i=5000"));

    let salts = gateway.proxy.take_new_salts();
    let [
        KnownSalt {
            challenge: kept, ..
        },
    ] = &salts[..]
    else {
        unreachable!("{salts:?}")
    };
    assert_eq!(*kept, Challenge::new("c2FsdHNhbHQ=", 5_000).unwrap());
    let next = Gateway::open(among_strangers());
    next.proxy.preset_salts(salts);
    assert_eq!(
        wrong_password(&mut ask(&next, "acme").await).await,
        wrong_password(&mut ask(&gateway, "acme").await).await
    );
}

#[tokio::test]
async fn a_salt_is_nobody_elses() {
    let gateway = Gateway::open(among_strangers());
    let salt = Challenge::new("c2FsdHNhbHQ=", 5_000).unwrap();
    let known = KnownSalt::new(b"acme".to_vec(), salt);
    gateway.proxy.preset_salts([known]);
    let seen = challenge(&mut ask(&gateway, "acmes").await).await;
    assert!(seen.ends_with(b",i=4096"));
}

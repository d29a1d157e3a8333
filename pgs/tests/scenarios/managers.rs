use crate::house::{House, config, id};
use pgs::{Config, Pgs, TenantSpec};
use std::future::Future;
use tokio::time::{Duration, timeout};

fn lasting(directory: &std::path::Path) -> Config {
    let mut lasting = config();
    lasting.state_dir = Some(directory.to_owned());
    lasting
}

/// Does this with managers of one state directory; nothing is left of it.
async fn in_a_directory<F: Future<Output = ()>>(work: impl FnOnce(Config) -> F) {
    let directory = testkit::state_dir();
    let config = lasting(directory.path());
    testkit::within("a scenario", work(config.clone())).await;
    let pgs = Pgs::open(&config).await.unwrap();
    for record in pgs.list().await.unwrap() {
        pgs.purge(&record.id).await.unwrap();
    }
}

#[tokio::test]
async fn two_managers_see_the_same_tenants() {
    in_a_directory(async |config| {
        let [one, two] = [
            Pgs::open(&config).await.unwrap(),
            Pgs::open(&config).await.unwrap(),
        ];
        let acme = one.create(id("acme"), TenantSpec::default()).await.unwrap();
        assert_eq!(two.get(&acme.id).await.unwrap().uid, acme.uid);
        two.enable(&acme.id).await.unwrap();
        assert_eq!(one.list().await.unwrap(), two.list().await.unwrap());
        two.stop(&acme.id).await.unwrap();
        assert!(!one.show(&acme.id).await.unwrap().is_up);
    })
    .await;
}

#[tokio::test]
async fn tenants_outlive_their_manager() {
    in_a_directory(async |config| {
        let first = Pgs::open(&config).await.unwrap();
        let acme = first
            .create(id("acme"), TenantSpec::default())
            .await
            .unwrap();
        drop(first);
        let second = Pgs::open(&config).await.unwrap();
        let view = second.show(&acme.id).await.unwrap();
        assert!(view.is_up && view.stats.is_some());
        assert_eq!(view.record.uid, acme.uid);
    })
    .await;
}

#[tokio::test]
async fn an_ephemeral_manager_leaves_nothing() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let socket = house.pgs.get(&acme.id).await.unwrap().endpoint.unwrap();
        let directory = house.pgs.state_dir().to_owned();
        assert!(directory.exists());
        house.pgs.protect(&acme.id).await.unwrap();
        house.pgs.close().await.unwrap();
        assert!(!directory.exists());
        let pgs::Endpoint::Unix(socket) = socket else {
            unreachable!("{socket}")
        };
        assert!(!socket.exists());
        house.proxy.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_call_goes_on_to_its_end() {
    House::in_one(async |house| {
        let mut events = house.pgs.follow(0);
        let create = house.pgs.create(id("acme"), TenantSpec::default());
        // Long enough to begin, too short to end.
        assert!(timeout(Duration::from_millis(1), create).await.is_err());
        while events.next().await.unwrap().kind.name() != "created" {}
        let acme = house.pgs.get(&id("acme")).await.unwrap();
        assert!(house.pgs.show(&acme.id).await.unwrap().is_up);
    })
    .await;
}

use crate::house::{House, id};
use pgs::{Access, Change, NetworksChange, TenantSpec};

#[tokio::test]
async fn access_is_disabled_until_it_is_enabled() {
    House::in_one(async |house| {
        let acme = house.pgs.create(id("acme"), TenantSpec::default()).await;
        let acme = acme.unwrap();
        let access = async || house.pgs.get(&acme.id).await.unwrap().access;
        assert_eq!(access().await, Access::Disabled);
        assert_eq!(house.refusal(&acme).await, "28000");
        house.pgs.enable(&acme.id).await.unwrap();
        assert_eq!(access().await, Access::Enabled);
        house.connect(&acme).await;
        house
            .pgs
            .set_access(&acme.id, Access::Disabled)
            .await
            .unwrap();
        assert_eq!(house.refusal(&acme).await, "28000");
    })
    .await;
}

#[tokio::test]
async fn disabling_ends_live_sessions() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let session = house.connect(&acme).await;
        session.value("select 'in'").await;
        house.pgs.disable(&acme.id).await.unwrap();
        // Its server or the proxy ends it; a query that is under way learns of it.
        let cut = session.query_one("select pg_sleep(60)", &[]).await;
        assert!(cut.is_err());
        assert_eq!(house.refusal(&acme).await, "28000");
    })
    .await;
}

#[tokio::test]
async fn networks_are_restricted() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let mut elsewhere = NetworksChange::default();
        elsewhere.allow = Change::Set(vec!["10.0.0.0/8".parse().unwrap()]);
        let rules = house.pgs.set_networks(&acme.id, elsewhere).await.unwrap();
        assert_eq!(rules.allow, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(house.refusal(&acme).await, "28000");
        let mut anywhere = NetworksChange::default();
        anywhere.allow = Change::Lift;
        let rules = house.pgs.set_networks(&acme.id, anywhere).await.unwrap();
        assert!(rules.are_empty());
        house.connect(&acme).await;
    })
    .await;
}

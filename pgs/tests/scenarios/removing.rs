use crate::house::House;
use pgs::ErrorKind;

#[tokio::test]
async fn a_removed_tenant_is_restored() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let session = house.connect(&acme).await;
        session.batch_execute("create table kept ()").await.unwrap();
        let uid = house.pgs.remove(&acme.id).await.unwrap();
        assert_eq!(uid, acme.uid);
        assert!(house.pgs.list().await.unwrap().is_empty());
        assert_eq!(house.pgs.list_trash().await.unwrap().len(), 1);
        assert_eq!(house.refusal(&acme).await, "28000");
        house.pgs.restore(&acme.id).await.unwrap();
        house.pgs.remove(&acme.id).await.unwrap();
        house.pgs.restore_uid(uid).await.unwrap();
        house.pgs.start(&acme.id).await.unwrap();
        let session = house.connect(&acme).await;
        assert_eq!(session.value("select count(*)::text from kept").await, "0");
    })
    .await;
}

#[tokio::test]
async fn a_purged_tenant_is_gone() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        house.pgs.purge(&acme.id).await.unwrap();
        assert!(house.pgs.list().await.unwrap().is_empty());
        assert!(house.pgs.list_trash().await.unwrap().is_empty());
        let tenants = house.pgs.state_dir().join("tenants");
        assert!(!tenants.join(acme.uid.to_string()).exists());
        let again = house.tenant("acme").await;
        house.pgs.remove(&again.id).await.unwrap();
        house.pgs.purge_uid(again.uid).await.unwrap();
        assert!(house.pgs.list_trash().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_protected_tenant_is_not_removed() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        house.pgs.protect(&acme.id).await.unwrap();
        let refused = house.pgs.remove(&acme.id).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Protected);
        let refused = house.pgs.purge(&acme.id).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Protected);
        house.connect(&acme).await;
        house.pgs.unprotect(&acme.id).await.unwrap();
        house.pgs.remove(&acme.id).await.unwrap();
    })
    .await;
}

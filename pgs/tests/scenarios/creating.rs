use crate::house::{House, id};
use pgs::{ErrorKind, InitScript, TenantSpec};

#[tokio::test]
async fn a_created_tenant_answers_through_the_proxy() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let session = house.connect(&acme).await;
        assert_eq!(session.value("select current_user::text").await, "acme");
        assert_eq!(
            session.value("select current_database()::text").await,
            "acme"
        );
        assert_eq!(acme.pg_version.number(), 18);
    })
    .await;
}

#[tokio::test]
async fn a_generated_password_is_shown_once() {
    House::in_one(async |house| {
        let [acme, other] = [house.tenant("acme").await, house.tenant("other").await];
        assert_eq!(acme.password.reveal().len(), 32);
        assert_ne!(acme.password, other.password);
        let secret = acme.password.reveal();
        assert!(!format!("{acme:?}").contains(secret));
        assert!(!format!("{:?}", house.pgs.show(&acme.id).await.unwrap()).contains(secret));
        assert!(!format!("{:?}", house.pgs.events(0, 100).await.unwrap()).contains(secret));
    })
    .await;
}

#[tokio::test]
async fn a_given_password_is_kept() {
    House::in_one(async |house| {
        let mut spec = TenantSpec::default();
        spec.password = Some("s3cret / with @ signs".parse().unwrap());
        spec.access = pgs::Access::Enabled;
        let acme = house.pgs.create(id("acme"), spec).await.unwrap();
        assert_eq!(acme.password.reveal(), "s3cret / with @ signs");
        house.connect(&acme).await;
    })
    .await;
}

#[tokio::test]
async fn a_bad_name_is_refused_by_its_rule() {
    for name in [
        "Acme",
        "",
        "postgres",
        "pg_x",
        "a b",
        "1st",
        &"a".repeat(64),
    ] {
        let error = name.parse::<pgs::TenantId>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.remedy().is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_taken_name_is_refused() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let again = house.pgs.create(id("acme"), TenantSpec::default()).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AlreadyExists);
        house.connect(&acme).await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_tenant_is_named() {
    House::in_one(async |house| {
        let nobody = id("nobody");
        let pgs = &house.pgs;
        for error in [
            pgs.get(&nobody).await.unwrap_err(),
            pgs.start(&nobody).await.unwrap_err(),
            pgs.enable(&nobody).await.unwrap_err(),
            pgs.remove(&nobody).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().contains("nobody"), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn init_scripts_run_once() {
    House::in_one(async |house| {
        let table = InitScript::new("table.sql", "create table notes (text text)");
        let extension = InitScript::new("extension.sql", "create extension pg_trgm").as_admin();
        let mut spec = TenantSpec::default();
        spec.access = pgs::Access::Enabled;
        spec.init_scripts = vec![extension, table.clone()];
        let acme = house.pgs.create(id("acme"), spec).await.unwrap();
        let row = InitScript::new("row.sql", "insert into notes values ('one')");
        let scripts = vec![table, row];
        let outcomes = house.pgs.run_init_scripts(&acme.id, scripts.clone()).await;
        let applied = pgs::provision::ScriptOutcome::Applied;
        let already = pgs::provision::ScriptOutcome::AlreadyApplied;
        assert_eq!(outcomes.unwrap(), [already, applied]);
        let outcomes = house.pgs.run_init_scripts(&acme.id, scripts).await;
        assert_eq!(outcomes.unwrap(), [already, already]);
        let session = house.connect(&acme).await;
        assert_eq!(session.value("select count(*)::text from notes").await, "1");
    })
    .await;
}

#[tokio::test]
async fn a_failing_init_script_leaves_nothing() {
    House::in_one(async |house| {
        let mut spec = TenantSpec::default();
        spec.init_scripts = vec![InitScript::new("bad.sql", "select 1;\nselect from nowhere")];
        let error = house.pgs.create(id("acme"), spec).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InitScript);
        assert!(error.to_string().contains("bad.sql"), "{error}");
        assert!(error.to_string().contains("nowhere"), "{error}");
        assert!(house.pgs.list().await.unwrap().is_empty());
        house.tenant("acme").await;
    })
    .await;
}

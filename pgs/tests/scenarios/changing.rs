use crate::house::{House, Session};
use pgs::{Change, SpecChange, connection_url_with_password};

#[tokio::test]
async fn a_password_is_changed_while_serving() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let session = house.connect(&acme).await;
        let new = house
            .pgs
            .set_password(&acme.id, Some("n3w".parse().unwrap()));
        assert_eq!(new.await.unwrap().reveal(), "n3w");
        assert_eq!(house.refusal(&acme).await, "28P01");
        assert_eq!(session.value("select 'still here'").await, "still here");
        let generated = house.pgs.set_password(&acme.id, None).await.unwrap();
        assert_eq!(generated.reveal().len(), 32);
        let url = connection_url_with_password(&acme.id, house.proxy.address(), &generated);
        Session::at(&url).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn limits_and_settings_are_altered() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let mut change = SpecChange::default();
        change.max_connections = Change::Set(3);
        change.set.push("work_mem=5MB".parse().unwrap());
        change.set.push("shared_buffers=20MB".parse().unwrap());
        let altered = house.pgs.alter(&acme.id, change).await.unwrap();
        assert!(altered.at_next_start.contains(&"shared_buffers".to_owned()));
        let session = house.connect(&acme).await;
        assert_eq!(session.value("show work_mem").await, "5MB");
        let spec = house.pgs.get(&acme.id).await.unwrap().spec;
        assert_eq!(spec.limits.max_connections, Some(3));
        house.pgs.stop(&acme.id).await.unwrap();
        house.pgs.start(&acme.id).await.unwrap();
        let session = house.connect(&acme).await;
        assert_eq!(session.value("show shared_buffers").await, "20MB");
        let mut back = SpecChange::default();
        back.max_connections = Change::Lift;
        back.unset.push("work_mem".parse().unwrap());
        house.pgs.alter(&acme.id, back).await.unwrap();
        let spec = house.pgs.get(&acme.id).await.unwrap().spec;
        assert_eq!(spec.limits.max_connections, None);
        let names: Vec<_> = spec.settings.iter().map(pgs::Setting::name).collect();
        assert_eq!(names, ["shared_buffers"]);
    })
    .await;
}

use crate::house::{House, blocking};
use pgs::Lifecycle;
use testkit::{PrivateEngine, within};

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_restarted_gets_its_tenants_back_as_they_were() {
    let Some(mut engine) = PrivateEngine::start("a restart of the Docker Engine", DISK_MIB) else {
        return;
    };
    let mut house = House::on(&engine).await;
    let one = house.tenant("one").await;
    let two = house.tenant("two").await;
    let asleep = house.tenant("asleep").await;
    house.pgs.stop(&asleep.id).await.unwrap();
    house.watch();
    let (pgs, record) = (house.pgs.clone(), house.record(&one).await);
    let exit = tokio::spawn(async move { pgs.manager().exited(&record).await });

    blocking(|| engine.stop());
    assert_eq!(engine.lookout().postmasters(), []);
    blocking(|| engine.resume());
    let exited = within("the end is noticed", exit).await.unwrap();
    exited.unwrap();

    for tenant in [&one, &two] {
        house.await_treasure(tenant);
        let log = house.pgs.logs(&tenant.id, 1000).await.unwrap();
        assert!(log.contains("database system was shut down at"), "{log}");
        assert!(!log.contains("not properly shut down"), "{log}");
    }
    let record = house.record(&asleep).await;
    assert_eq!(record.lifecycle, Lifecycle::Stopped);
    assert!(!house.pgs.manager().is_up(&record).await.unwrap());
    house.pgs.start(&asleep.id).await.unwrap();
    house.await_treasure(&asleep);
}

/// The image, and what it is loaded from, and a few tenants.
const DISK_MIB: u64 = 1024;

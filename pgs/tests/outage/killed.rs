use crate::{
    house::{House, blocking},
    witness::Witness,
};
use testkit::{PrivateEngine, within};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_killed_engine_no_tenant_ever_has_two_servers() {
    let what = "a kill of the Docker Engine";
    let Some(mut engine) = PrivateEngine::start(what, DISK_MIB) else {
        return;
    };
    let mut house = House::on(&engine).await;
    let tenants = [house.tenant("one").await, house.tenant("two").await];
    let asleep = house.tenant("asleep").await;
    house.pgs.stop(&asleep.id).await.unwrap();
    house.watch();
    let lookout = engine.lookout();
    let witness = Witness::of(lookout.clone());
    for with_shims in [false, true] {
        let before = lookout.postmasters();
        assert_eq!(before.len(), 2);
        let (pgs, record) = (house.pgs.clone(), house.record(&tenants[0]).await);
        let exit = tokio::spawn(async move { pgs.manager().exited(&record).await });
        blocking(|| engine.kill());
        if with_shims {
            engine.kill_shims();
        }
        assert_eq!(lookout.postmasters(), before, "the servers go on");
        // They take queries: nobody but their clients knows of them.
        for tenant in &tenants {
            house.await_treasure(tenant);
        }
        assert!(!exit.is_finished(), "what goes on has not exited");

        blocking(|| engine.resume());
        within("the end is noticed", exit).await.unwrap().unwrap();
        for tenant in &tenants {
            house.await_treasure(tenant);
        }
        let after = lookout.postmasters();
        assert_eq!(after.len(), 2, "the one that was stopped stays so");
        assert!(before.iter().all(|server| !after.contains(server)));
    }
    assert!(
        blocking(|| witness.seen()) >= 6,
        "before, between and after"
    );
    house.pgs.start(&asleep.id).await.unwrap();
    house.await_treasure(&asleep);
}

const DISK_MIB: u64 = 1024;

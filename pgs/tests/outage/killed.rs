use crate::{
    house::{House, Tenant, blocking},
    witness::Witness,
};
use testkit::{PrivateEngine, until, within};

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
    let witness = Witness::of(engine.lookout());

    outlives(&mut engine, &house, &tenants, PrivateEngine::kill).await;
    let with_shims = |engine: &mut PrivateEngine| {
        engine.kill();
        engine.kill_shims();
    };
    outlives(&mut engine, &house, &tenants, with_shims).await;
    replaces(&mut engine, &house, &tenants, |engine| engine.kill_shims());

    assert!(blocking(|| witness.seen()) >= 8, "two, four times");
    house.pgs.start(&asleep.id).await.unwrap();
    house.await_treasure(&asleep);
}

/// Servers go on without their engine, and are followed by others when it is back.
async fn outlives(
    engine: &mut PrivateEngine,
    house: &House,
    tenants: &[Tenant],
    kill: impl Fn(&mut PrivateEngine),
) {
    let lookout = engine.lookout();
    let before = lookout.postmasters();
    let (pgs, record) = (house.pgs.clone(), house.record(&tenants[0]).await);
    let exit = tokio::spawn(async move { pgs.manager().exited(&record).await });
    blocking(|| kill(engine));
    assert_eq!(lookout.postmasters(), before, "the servers go on");
    for tenant in tenants {
        house.await_treasure(tenant);
    }
    assert!(!exit.is_finished(), "what goes on has not exited");

    replaces(engine, house, tenants, PrivateEngine::resume);
    within("the end is noticed", exit).await.unwrap().unwrap();
}

/// Every tenant has another server afterwards; the one that was stopped still has none.
fn replaces(
    engine: &mut PrivateEngine,
    house: &House,
    tenants: &[Tenant],
    happens: impl Fn(&mut PrivateEngine),
) {
    let lookout = engine.lookout();
    let before = lookout.postmasters();
    assert_eq!(before.len(), tenants.len());
    blocking(|| happens(engine));
    blocking(|| {
        until("each has another server", || {
            let after = lookout.postmasters();
            let is_new = before.iter().all(|server| !after.contains(server));
            is_new && after.len() == tenants.len()
        });
    });
    for tenant in tenants {
        house.await_treasure(tenant);
    }
}

const DISK_MIB: u64 = 1024;

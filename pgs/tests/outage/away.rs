use crate::house::{House, blocking, wait};
use pgs::{Error, ErrorKind, Lifecycle, Result, TenantSpec};
use std::{future::Future, time::Duration};
use testkit::PrivateEngine;

#[tokio::test(flavor = "multi_thread")]
async fn without_its_engine_pgs_refuses_at_once_and_makes_up_for_it_later() {
    let what = "work without the Docker Engine";
    let Some(mut engine) = PrivateEngine::start(what, DISK_MIB) else {
        return;
    };
    let mut house = House::on(&engine).await;
    let (one, asleep) = (house.tenant("one").await, house.tenant("asleep").await);
    house.pgs.stop(&asleep.id).await.unwrap();
    house.watch();
    blocking(|| engine.kill());

    let (pgs, record) = (&house.pgs, house.record(&one).await);
    refuses("start", pgs.start(&asleep.id)).await;
    refuses("stop", pgs.stop(&one.id)).await;
    refuses("inspect", pgs.manager().is_up(&record)).await;
    refuses("logs", pgs.logs(&one.id, 10)).await;
    let created = pgs.create("late".parse().unwrap(), TenantSpec::default());
    refuses("create", created).await;

    blocking(|| engine.resume());
    house.await_treasure(&asleep);
    wait("what was asked for is done", async || {
        pgs.recover().await.unwrap();
        let is_stopped = house.record(&one).await.lifecycle == Lifecycle::Stopped;
        is_stopped && pgs.get(&"late".parse().unwrap()).await.is_err()
    });
    assert_eq!(engine.volumes().len(), 2, "nothing is left of the create");
    pgs.start(&one.id).await.unwrap();
    house.await_treasure(&one);
    house.tenant("late").await;
}

/// Expects an error, without delay, that says where there is no engine and what to do.
async fn refuses<T>(what: &str, work: impl Future<Output = Result<T>>) {
    let outcome = tokio::time::timeout(AT_ONCE, work).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("{what} hangs"));
    let error: Error = outcome.err().unwrap_or_else(|| panic!("{what} succeeds"));
    let kind = error.kind();
    let is_told = matches!(kind, ErrorKind::MissingDependency | ErrorKind::Busy);
    assert!(is_told && error.remedy().is_some(), "{what}: {error:?}");
    assert!(error.chain().contains("Docker Engine"), "{what}: {error:?}");
}

const AT_ONCE: Duration = Duration::from_secs(10);
const DISK_MIB: u64 = 1024;

use crate::house::House;
use pgs::{Lifecycle, Supervisor, manager::RestartPolicy, provision::StopMode};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_tenant_is_stopped_and_started() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let session = house.connect(&acme).await;
        session
            .value("select set_config('pgs.x', 'y', false)")
            .await;
        let state = async || house.pgs.get(&acme.id).await.unwrap().lifecycle;
        for mode in [StopMode::Fast, StopMode::Immediate] {
            house.pgs.stop_with(&acme.id, mode).await.unwrap();
            assert_eq!(state().await, Lifecycle::Stopped);
            assert_eq!(house.refusal(&acme).await, "57P03");
            house.pgs.start(&acme.id).await.unwrap();
            assert_eq!(state().await, Lifecycle::Running);
            house.connect(&acme).await;
        }
    })
    .await;
}

#[tokio::test]
async fn all_tenants_are_stopped_and_started() {
    House::in_one(async |house| {
        let [one, two] = [house.tenant("one").await, house.tenant("two").await];
        let stopped = house.pgs.stop_all().await.unwrap();
        assert_eq!(stopped.len(), 2);
        assert!(stopped.iter().all(|(_, outcome)| outcome.is_ok()));
        assert_eq!(house.refusal(&one).await, "57P03");
        let started = house.pgs.start_all().await.unwrap();
        assert_eq!(started.len(), 2);
        assert!(started.iter().all(|(_, outcome)| outcome.is_ok()));
        house.connect(&one).await;
        house.connect(&two).await;
    })
    .await;
}

#[tokio::test]
async fn a_killed_server_is_started_again() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(house.pgs.clone(), RestartPolicy::default());
        let supervision = tokio::spawn(supervisor.run(stop.clone().cancelled_owned()));
        let seen = house.pgs.events(0, 1000).await.unwrap();
        let mut events = house.pgs.follow(seen.last().unwrap().seq);
        kill_server(&house, &acme).await;
        // That it has crashed is noted only by who saw it alive.
        while events.next().await.unwrap().kind.name() != "started" {}
        house.connect(&acme).await;
        stop.cancel();
        supervision.await.unwrap().unwrap();
    })
    .await;
}

/// The process whose id the first line of `postmaster.pid` is.
async fn kill_server(house: &House, acme: &pgs::Created) {
    let record = house.pgs.get(&acme.id).await.unwrap();
    let tenants = house.pgs.state_dir().join("tenants");
    let file = tenants
        .join(record.uid.to_string())
        .join("data/postmaster.pid");
    let text = std::fs::read_to_string(file).unwrap();
    let pid: i32 = text.lines().next().unwrap().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

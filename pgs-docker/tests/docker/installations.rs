use crate::machine::{Machine, Tenant, container, label, text};
use pgs_core::{
    ErrorKind, InstanceSpec, TenantUid,
    manager::Reconciled,
    provision::{Marker, Provisioner, Silent, StopMode},
};
use testkit::within;

#[tokio::test(flavor = "multi_thread")]
async fn two_installations_on_one_engine_know_nothing_of_each_other() {
    let Some(theirs) = Machine::new() else {
        return;
    };
    // One name is the beginning of the other.
    let name = format!("{}-2", theirs.state().display());
    let ours = Machine::with(|config| config.installation = Some(name)).unwrap();
    let (their_manager, our_manager) = (theirs.manager(), ours.manager());
    let (their_tenant, our_tenant) = tokio::join!(
        Tenant::created(&their_manager, "acme"),
        Tenant::created(&our_manager, "acme"),
    );
    let (their_tenant, our_tenant) = (their_tenant.unwrap(), our_tenant.unwrap());
    let (their_debris, our_debris) = (debris(&theirs).await, debris(&ours).await);
    let before = theirs.volumes().await;

    let listed = ours.docker.list().await.unwrap();
    let mut listed: Vec<_> = listed.iter().map(|instance| instance.uid).collect();
    listed.sort();
    assert_eq!(listed, [our_tenant.uid, our_debris]);
    for uid in [their_tenant.uid, their_debris] {
        meddle(&ours, uid).await;
    }
    for report in [our_manager.reconcile().await, our_manager.rebuild().await] {
        let report = report.unwrap();
        assert!(
            report.problems.is_empty() && report.orphans.is_empty(),
            "{report:?}"
        );
        assert!(
            report
                .done
                .iter()
                .all(|(_, done)| *done == Reconciled::DebrisDeleted),
            "{report:?}"
        );
    }
    assert!(ours.docker.inspect(our_debris).await.unwrap().is_none());
    our_manager.purge(&our_tenant.id).await.unwrap();
    assert!(ours.volumes().await.is_empty());

    assert_eq!(theirs.volumes().await, before);
    let pending = theirs.docker.inspect(their_debris).await.unwrap();
    assert_eq!(pending.unwrap().marker, Marker::Pending);
    assert_eq!(
        text(&their_tenant.client().await, "SELECT 'here'").await,
        "here"
    );
    let state = theirs.container(&their_tenant).await;
    assert_eq!(state.name, Some(format!("/{}", container(&their_tenant))));
    assert_eq!(state.restart_count, Some(0));
}

/// Storage whose making was cut short, and which nobody has a record of.
async fn debris(machine: &Machine) -> TenantUid {
    let label = label("debris", 18, InstanceSpec::default());
    machine.docker.create(&label, &Silent).await.unwrap();
    label.uid
}

/// Everything that would change what is another's.
async fn meddle(machine: &Machine, theirs: TenantUid) {
    let docker = &machine.docker;
    assert!(docker.inspect(theirs).await.unwrap().is_none());
    let refused = [
        docker.start(theirs, &Silent).await.map(drop),
        docker.trash(theirs, &Silent).await,
        docker.restore(theirs, &Silent).await,
        docker.complete(theirs).await,
    ];
    for outcome in refused {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotFound);
    }
    docker
        .stop(theirs, StopMode::Immediate, &Silent)
        .await
        .unwrap();
    docker.destroy(theirs, &Silent).await.unwrap();
    within("nothing of ours runs", docker.exited(theirs))
        .await
        .unwrap();
}

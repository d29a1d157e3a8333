use crate::machine::{Machine, Tenant, text};
use pgs_core::{ErrorKind, Lifecycle, Result, TenantManager};
use testkit::within;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_managers_that_create_one_tenant_only_one_does() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (here, there) = (machine.manager(), machine.manager());
    // There is no template yet: both would make it.
    let (won, lost, one, two) = tokio::join!(
        Tenant::created(&here, "acme"),
        Tenant::created(&there, "acme"),
        Tenant::created(&here, "one"),
        Tenant::created(&there, "two"),
    );
    let (won, lost) = if won.is_ok() {
        (won, lost)
    } else {
        (lost, won)
    };
    let refused = lost.map(|tenant| tenant.id).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists, "{refused:?}");
    let mut uids = Vec::new();
    for tenant in [won, one, two] {
        let tenant = tenant.unwrap();
        let user = text(&tenant.client().await, "SELECT current_user::text").await;
        assert_eq!(user, tenant.id.as_str());
        uids.push(tenant.uid.to_string());
    }
    uids.sort();
    assert_eq!(machine.homes(), uids);
    let volumes: Vec<_> = uids.iter().map(|uid| format!("pgs-{uid}")).collect();
    assert_eq!(machine.volumes().await, volumes);
    assert_eq!(here.list().await.unwrap(), there.list().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_managers_that_work_on_one_tenant_leave_it_as_one_of_them_wanted() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (here, there) = (machine.manager(), machine.manager());
    let acme = Tenant::created(&here, "acme").await.unwrap();
    let id = &acme.id;
    for _ in 0..3 {
        let (a, b, c, d) = tokio::join!(
            here.stop(id),
            there.start(id),
            there.stop(id),
            here.start(id)
        );
        for done in [a, b, c, d] {
            done.unwrap();
        }
        is_as_recorded(&here, &acme).await;
    }
    let record = here.get(id).await.unwrap();
    let (started, removed, again) = tokio::join!(here.start(id), there.remove(id), here.remove(id));
    is_done_or_too_late(started);
    // Whoever comes later finds that somebody was faster.
    let removals = [removed, again];
    assert!(removals.iter().any(Result::is_ok), "{removals:?}");
    removals.into_iter().for_each(is_done_or_too_late);
    within("nothing runs", there.exited(&record)).await.unwrap();
    let trash = there.list_trash().await.unwrap();
    assert_eq!(trash.len(), 1);
    let (one, two) = tokio::join!(here.purge_uid(acme.uid), there.purge_uid(acme.uid));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    [one, two].into_iter().for_each(is_done_or_too_late);
    assert!(machine.homes().is_empty());
    assert!(machine.volumes().await.is_empty());
}

async fn is_as_recorded(manager: &TenantManager, tenant: &Tenant) {
    let record = manager.get(&tenant.id).await.unwrap();
    let is_up = manager.is_up(&record).await.unwrap();
    let recorded = match record.lifecycle {
        Lifecycle::Running => true,
        Lifecycle::Stopped => false,
        other => panic!("{other}"),
    };
    assert_eq!(is_up, recorded);
}

fn is_done_or_too_late<T>(outcome: Result<T>) {
    if let Err(error) = outcome {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    }
}

//! What every provisioner promises, checked against the `# Behavior` bullets of
//! [`Provisioner`].
//!
//! A provisioner's crate calls [`run`] from one test; the suite makes and destroys instances of its own only.

use pgs_core::{
    Endpoint, ErrorKind, InitScript, InstanceSpec, Password, Privilege, TenantId, TenantUid,
    Timestamp,
    provision::{InstanceLabel, Marker, Provisioner, ScriptOutcome, Silent, StopMode},
};

/// Runs every scenario against this provisioner, one after the other.
///
/// # Panics
///
/// Where the provisioner does not do what the trait promises.
pub async fn run(provisioner: &dyn Provisioner) {
    storage_is_pending_until_it_is_completed(provisioner).await;
    creating_twice_is_creating_once(provisioner).await;
    a_started_server_is_adopted_by_starting_it_again(provisioner).await;
    stopping_a_stopped_server_succeeds(provisioner).await;
    an_exit_is_noticed(provisioner).await;
    the_trash_keeps_everything(provisioner).await;
    what_does_not_exist_is_reported_or_already_gone(provisioner).await;
    a_session_of_the_manager_needs_a_server(provisioner).await;
    furnishing_can_be_repeated(provisioner).await;
    one_instance_does_not_disturb_another(provisioner).await;
    an_alteration_is_on_the_label_and_stays(provisioner).await;
    what_is_used_is_told_of_running_servers_only(provisioner).await;
}

fn uid() -> TenantUid {
    TenantUid::new(Timestamp::from_millis(1_700_000_000_000))
}

fn id(name: &str) -> TenantId {
    name.parse().expect("the suite's names are valid")
}

async fn created(provisioner: &dyn Provisioner, name: &str) -> TenantUid {
    let spec = InstanceSpec::default();
    let version = provisioner
        .plan(&spec)
        .await
        .expect("the default spec can be had");
    let label = InstanceLabel::new(uid(), id(name), version, spec);
    provisioner
        .create(&label, &Silent)
        .await
        .expect("creating succeeds");
    label.uid
}

async fn marker(provisioner: &dyn Provisioner, uid: TenantUid) -> Option<Marker> {
    provisioner
        .inspect(uid)
        .await
        .expect("inspecting succeeds")
        .map(|instance| instance.marker)
}

async fn is_up(provisioner: &dyn Provisioner, uid: TenantUid) -> bool {
    provisioner
        .inspect(uid)
        .await
        .expect("inspecting succeeds")
        .is_some_and(|instance| instance.is_up())
}

async fn start(provisioner: &dyn Provisioner, uid: TenantUid) -> Endpoint {
    provisioner
        .start(uid, &Silent)
        .await
        .expect("starting succeeds")
}

async fn stop(provisioner: &dyn Provisioner, uid: TenantUid) {
    provisioner
        .stop(uid, StopMode::Fast, &Silent)
        .await
        .expect("stopping succeeds");
}

async fn destroy(provisioner: &dyn Provisioner, uid: TenantUid) {
    provisioner
        .destroy(uid, &Silent)
        .await
        .expect("destroying succeeds");
    assert_eq!(
        marker(provisioner, uid).await,
        None,
        "nothing is left of a destroyed instance"
    );
}

async fn storage_is_pending_until_it_is_completed(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "pending").await;
    assert_eq!(marker(provisioner, uid).await, Some(Marker::Pending));
    let listed = provisioner.list().await.expect("listing succeeds");
    let listed = listed
        .into_iter()
        .find(|instance| instance.uid == uid)
        .expect("pending storage is listed");
    assert_eq!(
        listed.label.expect("its label is readable").id,
        id("pending")
    );
    provisioner
        .complete(uid)
        .await
        .expect("completing succeeds");
    provisioner
        .complete(uid)
        .await
        .expect("completing twice succeeds");
    assert_eq!(marker(provisioner, uid).await, Some(Marker::Complete));
    destroy(provisioner, uid).await;
}

async fn creating_twice_is_creating_once(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "twice").await;
    let label = label(provisioner, uid).await;
    provisioner
        .create(&label, &Silent)
        .await
        .expect("creating again succeeds");
    start(provisioner, uid).await;
    destroy(provisioner, uid).await;
}

async fn a_started_server_is_adopted_by_starting_it_again(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "adopted").await;
    assert!(
        !is_up(provisioner, uid).await,
        "creating leaves the server stopped"
    );
    let first = start(provisioner, uid).await;
    assert!(is_up(provisioner, uid).await);
    assert_eq!(
        start(provisioner, uid).await,
        first,
        "the same server, at the same endpoint"
    );
    destroy(provisioner, uid).await;
}

async fn stopping_a_stopped_server_succeeds(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "stopped").await;
    stop(provisioner, uid).await;
    start(provisioner, uid).await;
    stop(provisioner, uid).await;
    stop(provisioner, uid).await;
    assert!(!is_up(provisioner, uid).await);
    start(provisioner, uid).await;
    provisioner
        .stop(uid, StopMode::Immediate, &Silent)
        .await
        .expect("an immediate stop succeeds");
    start(provisioner, uid).await;
    destroy(provisioner, uid).await;
}

async fn an_exit_is_noticed(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "exits").await;
    provisioner
        .exited(uid)
        .await
        .expect("a server that does not run has exited");
    start(provisioner, uid).await;
    let (exited, ()) = tokio::join!(provisioner.exited(uid), stop(provisioner, uid));
    exited.expect("the exit is noticed");
    destroy(provisioner, uid).await;
}

async fn the_trash_keeps_everything(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "trashed").await;
    provisioner
        .complete(uid)
        .await
        .expect("completing succeeds");
    for _ in 0..2 {
        provisioner
            .trash(uid, &Silent)
            .await
            .expect("moving to the trash succeeds, also twice");
        assert_eq!(marker(provisioner, uid).await, Some(Marker::Trashed));
    }
    let refused = provisioner
        .start(uid, &Silent)
        .await
        .expect_err("nothing starts in the trash");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    for _ in 0..2 {
        provisioner
            .restore(uid, &Silent)
            .await
            .expect("moving back succeeds, also twice");
        assert_eq!(marker(provisioner, uid).await, Some(Marker::Complete));
    }
    start(provisioner, uid).await;
    stop(provisioner, uid).await;
    provisioner
        .trash(uid, &Silent)
        .await
        .expect("moving to the trash succeeds");
    destroy(provisioner, uid).await;
}

async fn what_does_not_exist_is_reported_or_already_gone(provisioner: &dyn Provisioner) {
    let uid = uid();
    assert_eq!(marker(provisioner, uid).await, None);
    destroy(provisioner, uid).await;
    let refused = provisioner
        .start(uid, &Silent)
        .await
        .expect_err("there is nothing to start");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    provisioner
        .exited(uid)
        .await
        .expect("what does not exist does not run");
    assert_eq!(
        marker(provisioner, uid).await,
        None,
        "a failed start initialises nothing"
    );
}

async fn a_session_of_the_manager_needs_a_server(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "session").await;
    let outcome = match provisioner.admin(uid).await {
        Ok(admin) => admin.stats().await.map(drop),
        Err(error) => Err(error),
    };
    outcome.expect_err("a stopped server answers nothing");
    start(provisioner, uid).await;
    let admin = provisioner
        .admin(uid)
        .await
        .expect("a running server lets the manager in");
    assert_eq!(admin.stats().await.expect("it answers").sessions, 0);
    destroy(provisioner, uid).await;
}

async fn furnishing_can_be_repeated(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "furnished").await;
    start(provisioner, uid).await;
    let admin = provisioner
        .admin(uid)
        .await
        .expect("a running server lets the manager in");
    let (tenant, verifier) = (id("furnished"), Password::generate().verifier());
    for _ in 0..2 {
        admin
            .ensure_tenant(&tenant, &verifier, Privilege::Owner)
            .await
            .expect("furnishing succeeds, also twice");
        admin
            .set_password(&tenant, &verifier)
            .await
            .expect("setting the password succeeds");
    }
    let script = InitScript::new("one.sql", "CREATE TABLE one (n int);");
    let outcome = admin
        .run_script(&tenant, &script)
        .await
        .expect("the script runs");
    assert_eq!(outcome, ScriptOutcome::Applied);
    let outcome = admin
        .run_script(&tenant, &script)
        .await
        .expect("the script is known");
    assert_eq!(outcome, ScriptOutcome::AlreadyApplied);
    let bad = InitScript::new("bad.sql", "SELECT 1;\nthis is a syntax error;");
    let error = admin
        .run_script(&tenant, &bad)
        .await
        .expect_err("a bad script fails");
    assert_eq!(error.kind(), ErrorKind::InitScript);
    assert!(error.to_string().contains("bad.sql"), "{error}");
    destroy(provisioner, uid).await;
}

async fn one_instance_does_not_disturb_another(provisioner: &dyn Provisioner) {
    let (one, two) = (
        created(provisioner, "one").await,
        created(provisioner, "two").await,
    );
    let (first, second) = (start(provisioner, one).await, start(provisioner, two).await);
    assert_ne!(first, second);
    destroy(provisioner, one).await;
    assert!(is_up(provisioner, two).await);
    destroy(provisioner, two).await;
}

async fn an_alteration_is_on_the_label_and_stays(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "altered").await;
    provisioner
        .complete(uid)
        .await
        .expect("completing succeeds");
    alter(provisioner, uid, 20).await;
    assert!(
        !is_up(provisioner, uid).await,
        "altering a stopped server does not start it"
    );
    let endpoint = start(provisioner, uid).await;
    assert_eq!(sessions(provisioner, uid).await, Some(20));
    alter(provisioner, uid, 30).await;
    alter(provisioner, uid, 30).await;
    assert_eq!(
        start(provisioner, uid).await,
        endpoint,
        "altering a running server leaves it where it is"
    );
    stop(provisioner, uid).await;
    start(provisioner, uid).await;
    assert_eq!(
        sessions(provisioner, uid).await,
        Some(30),
        "what was asked for last survives a restart"
    );
    assert_eq!(marker(provisioner, uid).await, Some(Marker::Complete));
    destroy(provisioner, uid).await;
}

/// Asks for this many sessions, a limit that every provisioner has, and a setting.
async fn alter(provisioner: &dyn Provisioner, uid: TenantUid, most: u32) {
    let mut label = label(provisioner, uid).await;
    label.spec.limits.max_connections = Some(most);
    let setting = "work_mem=9MB".parse().expect("it is a setting");
    label.spec.settings = vec![setting];
    provisioner
        .plan(&label.spec)
        .await
        .expect("the spec can be had");
    provisioner
        .alter(&label, &Silent)
        .await
        .expect("altering succeeds");
    let written = self::label(provisioner, uid).await;
    assert_eq!(written, label, "the label is what was asked for");
}

async fn label(provisioner: &dyn Provisioner, uid: TenantUid) -> InstanceLabel {
    let found = provisioner.inspect(uid).await.expect("inspecting succeeds");
    found
        .and_then(|instance| instance.label)
        .expect("its label is readable")
}

async fn sessions(provisioner: &dyn Provisioner, uid: TenantUid) -> Option<u32> {
    label(provisioner, uid).await.spec.limits.max_connections
}

async fn what_is_used_is_told_of_running_servers_only(provisioner: &dyn Provisioner) {
    let uid = created(provisioner, "used").await;
    let usage = async || provisioner.usage(uid).await.expect("asking succeeds");
    let reason = async || provisioner.exit_reason(uid).await.expect("asking succeeds");
    assert_eq!(usage().await, None, "a server that never ran uses nothing");
    reason().await;
    start(provisioner, uid).await;
    // Whether anybody counts is the host's affair.
    usage().await;
    stop(provisioner, uid).await;
    assert_eq!(usage().await, None, "a stopped server uses nothing");
    reason().await;
    destroy(provisioner, uid).await;
}

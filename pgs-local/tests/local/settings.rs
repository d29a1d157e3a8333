use crate::machine::{Machine, label, text};
use pgs_core::{
    ErrorKind, InstanceSpec,
    provision::{Provisioner, Silent},
};

#[tokio::test]
async fn a_tenants_settings_hold() {
    let machine = Machine::new();
    let mut spec = InstanceSpec::default();
    spec.limits.max_connections = Some(7);
    spec.settings.push("work_mem=5MB".parse().unwrap());
    let tenant = machine.tenant_with("acme", 18, spec).await;
    let client = tenant.client().await;
    for (setting, value) in [
        ("work_mem", "5MB"),
        ("max_connections", "10"),
        ("cluster_name", "acme"),
        ("data_checksums", "on"),
    ] {
        assert_eq!(
            text(&client, &format!("SHOW {setting}")).await,
            value,
            "{setting}"
        );
    }
}

#[tokio::test]
async fn a_bad_setting_fails_the_start_with_the_servers_words() {
    let machine = Machine::new();
    let mut spec = InstanceSpec::default();
    spec.settings.push("work_mem=plenty".parse().unwrap());
    let label = label("acme", 18, spec);
    machine.local.create(&label, &Silent).await.unwrap();
    let error = machine.local.start(label.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InstanceFailed);
    assert!(
        error
            .to_string()
            .contains("invalid value for parameter \"work_mem\""),
        "{error}"
    );
    machine.local.destroy(label.uid, &Silent).await.unwrap();
    assert!(!machine.home(label.uid).exists());
}

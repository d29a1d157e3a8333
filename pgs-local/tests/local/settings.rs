use crate::machine::{Machine, label, text};
use pgs_core::{
    ErrorKind, InstanceSpec,
    provision::{Provisioner, Silent},
};
use std::{
    fs,
    path::{Path, PathBuf},
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

#[tokio::test]
async fn limits_hold_for_every_process_or_are_refused_beforehand() {
    let machine = Machine::new();
    let mut spec = InstanceSpec::default();
    spec.limits.memory = Some("256m".parse().unwrap());
    spec.limits.cpus = Some("0.5".parse().unwrap());
    spec.limits.pids = Some(40);
    if let Err(error) = machine.local.plan(&spec).await {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.remedy().is_some());
        return testkit::skip("limits by control groups", error.remedy().unwrap());
    }
    let tenant = machine.tenant_with("acme", 18, spec).await;
    let client = tenant.client().await;
    assert_eq!(text(&client, "SHOW shared_buffers").await, "64MB");
    let data = machine.home(tenant.uid).join("data");
    let group = format!("/pgs/{}", tenant.uid);
    let groups = processes_in(&data)
        .into_iter()
        .map(|process| fs::read_to_string(process.join("cgroup")).unwrap());
    let groups: Vec<String> = groups.collect();
    assert!(groups.len() > 5);
    assert!(
        groups.iter().all(|text| text.contains(&group)),
        "{groups:?}"
    );

    let (memory, pids) = (
        Path::new("/sys/fs/cgroup/memory"),
        Path::new("/sys/fs/cgroup/pids"),
    );
    if memory.exists() {
        let limit = |controller: &Path, file: &str| {
            fs::read_to_string(controller.join(&group[1..]).join(file)).unwrap()
        };
        assert_eq!(
            limit(memory, "memory.limit_in_bytes").trim(),
            (256 << 20).to_string()
        );
        assert_eq!(limit(pids, "pids.max").trim(), "40");
    }
    machine.local.destroy(tenant.uid, &Silent).await.unwrap();
    assert!(!memory.join(&group[1..]).exists());
}

fn processes_in(data: &Path) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().path());
    processes
        .filter(|process| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == data))
        .collect()
}

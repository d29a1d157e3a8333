use crate::machine::Machine;
use pgs_core::provision::Provisioner;
use std::{fs, os::unix::fs::MetadataExt, path::Path};

#[tokio::test]
async fn the_templates_password_opens_no_tenants_server() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let template = fs::read_dir(machine.state().join("templates")).unwrap();
    let template = template
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let secret = fs::read_to_string(template.join("secret")).unwrap();
    assert!(
        tenant
            .login("pgs_admin", "postgres", &secret)
            .await
            .is_err()
    );
    assert!(!machine.home(tenant.uid).join("secrets/template").exists());
}

#[tokio::test]
async fn no_secret_is_shown_by_a_process_or_a_log() {
    let machine = Machine::new();
    let mut spec = pgs_core::InstanceSpec::default();
    for setting in [
        "log_statement=all",
        "log_min_duration_statement=0",
        "log_min_error_statement=debug5",
    ] {
        spec.settings.push(setting.parse().unwrap());
    }
    let tenant = machine.tenant_with("acme", 18, spec).await;
    let client = tenant.client().await;
    client
        .batch_execute("SELECT 'this is logged'")
        .await
        .unwrap();
    let home = machine.home(tenant.uid);
    let own = fs::read_to_string(home.join("secrets/pgs_admin")).unwrap();
    let verifier = tenant.password.verifier();
    let (kind, _) = verifier.as_str().split_once('$').unwrap();

    let pid = fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    let process = Path::new("/proc").join(pid.lines().next().unwrap());
    let log = machine.local.logs(tenant.uid, 1000).await.unwrap();
    assert!(log.contains("this is logged"));
    for file in [
        process.join("environ"),
        process.join("cmdline"),
        home.join("log/postgres.log"),
    ] {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        for secret in [own.as_str(), tenant.password.reveal(), kind] {
            assert!(!text.contains(secret), "{}", file.display());
        }
    }
}

#[tokio::test]
async fn secrets_and_data_are_private() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let home = machine.home(tenant.uid);
    for (path, mode) in [
        ("secrets", 0o700),
        ("secrets/pgs_admin", 0o600),
        ("data", 0o700),
        ("run", 0o700),
        ("log", 0o700),
    ] {
        assert_eq!(
            fs::metadata(home.join(path)).unwrap().mode() & 0o777,
            mode,
            "{path}"
        );
    }
    let owner = |path: &str| fs::metadata(home.join(path)).unwrap().uid();
    if machine.local.os_user().is_some() {
        assert!(owner("data") != 0 && owner("data/PG_VERSION") != 0 && owner("run") != 0);
    }
    assert_eq!(owner("secrets"), rustix::process::geteuid().as_raw());
}

use crate::machine::{Machine, label, text};
use pgs_core::{
    ErrorKind, InstanceSpec,
    provision::{Provisioner, Silent, StopMode},
};
use std::{fs, os::unix::fs::PermissionsExt};

fn scripts(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::Builder::new()
        .prefix("initdb-")
        .tempdir()
        .unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

#[tokio::test]
async fn the_images_own_scripts_run_once_in_the_tenants_database() {
    let scripts = scripts(&[
        (
            "10-table.sql",
            "CREATE TABLE seeded AS SELECT current_database()::text AS place, current_user::text AS who;",
        ),
        (
            "20-shell.sh",
            "psql -v ON_ERROR_STOP=1 -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" -c \"INSERT INTO seeded VALUES ('shell', '$POSTGRES_DB')\"",
        ),
    ]);
    let Some(machine) = Machine::with(|config| config.initdb_dir = Some(scripts.path().to_owned()))
    else {
        return;
    };
    for (name, major) in [("acme", 18), ("old", 15)] {
        let tenant = machine.tenant_with(name, major, |_| ()).await;
        let seeded =
            "SELECT string_agg(place || ' ' || who, ',' ORDER BY place = 'shell') FROM seeded";
        assert_eq!(
            text(&tenant.client().await, seeded).await,
            format!("{name} pgs_admin,shell {name}")
        );
        machine
            .docker
            .stop(tenant.uid, StopMode::Fast, &Silent)
            .await
            .unwrap();
        machine.docker.start(tenant.uid, &Silent).await.unwrap();
        assert_eq!(
            text(&tenant.client().await, seeded).await,
            format!("{name} pgs_admin,shell {name}"),
            "not run again"
        );
        let labels = machine
            .container(&tenant)
            .await
            .config
            .unwrap()
            .labels
            .unwrap();
        assert_eq!(labels["pgs.init"], "image");
    }
}

#[tokio::test]
async fn a_script_that_fails_fails_the_create_with_its_words_and_leaves_nothing() {
    let scripts = scripts(&[("10-bad.sql", "SELECT 1;\nSELECT no_such_function();")]);
    let Some(machine) = Machine::with(|config| config.initdb_dir = Some(scripts.path().to_owned()))
    else {
        return;
    };
    let label = label("acme", 18, InstanceSpec::default());
    let error = machine.docker.create(&label, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InstanceFailed);
    assert!(
        error.to_string().contains("no_such_function") && error.to_string().contains("10-bad.sql"),
        "{error}"
    );
    machine.docker.destroy(label.uid, &Silent).await.unwrap();
    assert!(machine.docker.list().await.unwrap().is_empty());
    let left = machine
        .engine
        .inspect_volume(&format!("pgs-{}", label.uid))
        .await;
    left.unwrap_err();
}

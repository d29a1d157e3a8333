use crate::machine::{Machine, superuser};
use bollard::models::MountType;
use pgs_core::Endpoint;

#[tokio::test]
async fn two_tenants_reach_each_other_by_no_path() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (acme, globex) = (
        machine.tenant_with("acme", 18, superuser).await,
        machine.tenant_with("globex", 18, superuser).await,
    );
    // Nothing but the loopback interface, on which nobody but its own processes could listen.
    let interfaces = acme.shell("cut -d: -f1 -s /proc/net/dev | tr -d ' '").await;
    assert_eq!(interfaces, "lo");
    let routes = acme.shell("tail -n +2 /proc/net/route").await;
    assert_eq!(routes, "");
    let dialled = acme.shell("bash -c 'exec 3<>/dev/tcp/192.0.2.1/5432' 2>&1 | grep -o -i 'network is unreachable' | head -1; true").await;
    assert_eq!(dialled.to_lowercase(), "network is unreachable");

    // Its own socket is there; the other's directory is on the host, and the host's directories are not in here.
    let sockets = acme.shell("ls -A /var/run/postgresql").await;
    assert!(sockets.contains(".s.PGSQL.5432"), "{sockets}");
    let Endpoint::Unix(other) = &globex.endpoint else {
        panic!("{}", globex.endpoint)
    };
    let found = acme
        .shell(&format!("ls {} 2>&1; true", other.display()))
        .await;
    assert!(found.contains("No such file or directory"), "{found}");
    let processes = acme.shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").await;
    assert!(
        processes.contains("acme") && !processes.contains("globex"),
        "{processes}"
    );

    let mounts = machine.container(&acme).await.mounts.unwrap();
    let of_others = |mount: &bollard::models::MountPoint| {
        format!("{mount:?}").contains(&globex.uid.to_string())
    };
    assert!(
        mounts.len() == 2 && !mounts.iter().any(of_others),
        "{mounts:?}"
    );
}

#[tokio::test]
async fn a_container_has_no_rights_that_a_server_does_not_need() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, superuser).await;
    let status = acme
        .shell("grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -d '\\t'")
        .await;
    assert_eq!(
        status,
        "CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1"
    );
    assert_ne!(acme.shell("id -u").await, "0");
    let written = acme
        .shell("touch /etc/x /usr/x 2>&1 | grep -c 'Read-only file system'; true")
        .await;
    assert_eq!(written, "2");
    let kept = acme
        .shell("cat /var/lib/postgresql/pgs/secret 2>&1; true")
        .await;
    assert!(kept.contains("Permission denied"), "{kept}");

    let found = machine.container(&acme).await;
    let host = found.host_config.unwrap();
    assert_eq!(host.network_mode.as_deref(), Some("none"));
    assert_eq!(host.init, Some(true));
    assert_eq!(host.readonly_rootfs, Some(true));
    assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
    assert_ne!(host.privileged, Some(true));
    let config = found.config.unwrap();
    assert_eq!(config.stop_signal.as_deref(), Some("SIGINT"));
    assert!(config.stop_timeout.unwrap() >= 60);
    assert!(config.healthcheck.is_none());
    let binds: Vec<_> = host
        .mounts
        .unwrap()
        .into_iter()
        .filter(|mount| mount.typ == Some(MountType::BIND))
        .collect();
    assert_eq!(
        binds.len(),
        1,
        "the socket's directory and nothing else of the host"
    );
}

#[tokio::test]
async fn no_secret_is_in_what_the_engine_shows() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, superuser).await;
    let secrets = machine.home(acme.uid).join("secrets");
    let manager = std::fs::read_to_string(secrets.join("pgs_admin")).unwrap();
    assert!(
        !secrets.join("template").exists(),
        "the template's secret is forgotten"
    );
    let shown = format!(
        "{:?} {:?} {:?}",
        machine.container(&acme).await,
        machine
            .engine
            .inspect_volume(&format!("pgs-{}", acme.uid))
            .await
            .unwrap(),
        machine
            .engine
            .top_processes(&format!("pgs-{}", acme.uid), None)
            .await
            .unwrap(),
    );
    let environment = acme
        .shell("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true")
        .await;
    let log = pgs_core::provision::Provisioner::logs(&machine.docker, acme.uid, 1000)
        .await
        .unwrap();
    assert!(environment.contains("PGDATA=") && log.contains("ready to accept connections"));
    for text in [shown, environment, log] {
        assert!(
            !text.contains(&manager) && !text.contains(acme.password.reveal()),
            "{text}"
        );
        assert!(!text.contains("SCRAM-SHA-256$"), "{text}");
    }
}

use crate::machine::{Machine, container, label, superuser, text};
use pgs_core::{
    ErrorKind, InstanceSpec,
    provision::{Provisioner, Silent, StopMode},
};
use testkit::RUN_OUT_OF_MEMORY;

#[tokio::test]
async fn limits_hold_and_change_under_a_running_server() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, |spec| {
        spec.limits.memory = Some("256m".parse().unwrap());
        spec.limits.cpus = Some("0.5".parse().unwrap());
        spec.limits.pids = Some(60);
        spec.limits.shm = Some("32m".parse().unwrap());
        superuser(spec);
    });
    let acme = acme.await;
    let host = machine.container(&acme).await.host_config.unwrap();
    assert_eq!(
        (host.memory, host.nano_cpus),
        (Some(256 << 20), Some(500_000_000))
    );
    assert_eq!((host.pids_limit, host.shm_size), (Some(60), Some(32 << 20)));
    assert_eq!(
        text(&acme.client().await, "SHOW shared_buffers").await,
        "64MB"
    );
    assert!(
        acme.shell("df -k /dev/shm | tail -1")
            .await
            .contains("32768")
    );
    let started = "SELECT pg_postmaster_start_time()::text";
    let before = text(&acme.client().await, started).await;

    let mut label = machine
        .docker
        .inspect(acme.uid)
        .await
        .unwrap()
        .unwrap()
        .label
        .unwrap();
    label.spec.limits.memory = Some("512m".parse().unwrap());
    label.spec.limits.cpus = None;
    label.spec.limits.pids = Some(100);
    label.spec.limits.shm = Some("48m".parse().unwrap());
    let altered = machine.docker.alter(&label, &Silent).await.unwrap();
    assert_eq!(altered.at_next_start, ["shared_buffers", "shm"]);
    let host = machine.container(&acme).await.host_config.unwrap();
    assert_eq!((host.memory, host.pids_limit), (Some(512 << 20), Some(100)));
    let client = acme.client().await;
    assert_eq!(
        text(&client, started).await,
        before,
        "the server was not restarted"
    );
    assert_eq!(text(&client, "SHOW effective_cache_size").await, "256MB");
    assert_eq!(text(&client, "SHOW shared_buffers").await, "64MB");
    let usage = machine.docker.usage(acme.uid).await.unwrap().unwrap();
    assert!(
        (1 << 20..256 << 20).contains(&usage.memory_bytes.unwrap()),
        "{usage:?}"
    );
    assert!((5..60).contains(&usage.pids.unwrap()), "{usage:?}");
    assert!(
        usage.cpu_micros.unwrap() > 0 && usage.oom_kills == Some(0),
        "{usage:?}"
    );

    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&acme.client().await, "SHOW shared_buffers").await,
        "128MB"
    );
    let host = machine.container(&acme).await.host_config.unwrap();
    assert_eq!((host.memory, host.nano_cpus), (Some(512 << 20), Some(0)));
    assert_eq!(
        (host.pids_limit, host.shm_size),
        (Some(100), Some(48 << 20))
    );
}

#[tokio::test]
async fn limits_that_no_server_fits_in_or_no_machine_has_are_refused_beforehand() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let refused = async |change: fn(&mut InstanceSpec)| {
        let mut spec = InstanceSpec::default();
        change(&mut spec);
        let error = machine.docker.plan(&spec).await.unwrap_err();
        assert!(error.remedy().is_some(), "{error}");
        error.kind()
    };
    let kinds = [
        refused(|spec| spec.limits.memory = Some("8m".parse().unwrap())).await,
        refused(|spec| spec.limits.pids = Some(3)).await,
        refused(|spec| spec.limits.cpus = Some("0.001".parse().unwrap())).await,
        refused(|spec| spec.limits.cpus = Some("4000".parse().unwrap())).await,
    ];
    assert_eq!(kinds, [ErrorKind::InvalidInput; 4]);
}

#[tokio::test]
async fn a_server_that_the_kernel_killed_for_memory_says_so() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, |spec| {
        spec.limits.memory = Some("96m".parse().unwrap());
        spec.limits.shm = Some("512m".parse().unwrap());
        superuser(spec);
    });
    let acme = acme.await;
    let fill = format!("COPY (SELECT) TO PROGRAM '{RUN_OUT_OF_MEMORY}'");
    // The connection, or the program, may be the kernel's victim first.
    let fill_up = async {
        loop {
            // A server that is gone answers at once, and then nothing here would wait.
            tokio::task::yield_now().await;
            if let Ok(client) = acme.try_client().await {
                drop(client.batch_execute(&fill).await);
            }
        }
    };
    tokio::select! {
        exited = machine.docker.exited(acme.uid) => exited.unwrap(),
        () = fill_up => {}
    }
    let reason = machine.docker.exit_reason(acme.uid).await.unwrap().unwrap();
    assert!(
        reason.contains("memory limit of 96M was reached"),
        "{reason}"
    );

    machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(text(&acme.client().await, "SELECT 'back'").await, "back");
    assert_eq!(machine.docker.exit_reason(acme.uid).await.unwrap(), None);
}

#[tokio::test]
async fn a_bad_setting_fails_the_start_with_the_servers_words() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut spec = InstanceSpec::default();
    spec.settings.push("work_mem=plenty".parse().unwrap());
    let label = label("acme", 18, spec);
    machine.docker.create(&label, &Silent).await.unwrap();
    let error = machine.docker.start(label.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InstanceFailed);
    assert!(
        error
            .to_string()
            .contains("invalid value for parameter \"work_mem\""),
        "{error}"
    );
    assert!(error.to_string().contains("acme"), "{error}");
}

#[tokio::test]
async fn a_stop_that_takes_long_is_reported_and_goes_on() {
    let Some(machine) =
        Machine::with(|config| config.stop_timeout = std::time::Duration::from_millis(1))
    else {
        return;
    };
    let acme = machine.tenant("acme").await;
    let error = machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("goes on stopping"), "{error}");
    machine.docker.exited(acme.uid).await.unwrap();
    let ended = machine.container(&acme).await.state.unwrap();
    assert_eq!(
        (ended.exit_code, ended.oom_killed),
        (Some(0), Some(false)),
        "{}",
        container(&acme)
    );
}

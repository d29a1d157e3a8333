//! What a process leaves that dies at any of the announced steps. Dying is played by unwinding out of the operation.

use crate::machine::{Machine, Tenant, label, text};
use pgs_core::{
    InstanceSpec, Password, Privilege,
    provision::{InstanceLabel, Progress, Provisioner, Silent, Step, StopMode},
};
use pgs_local::LocalProvisioner;
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

#[derive(Debug)]
struct DieAt {
    step: usize,
    seen: AtomicUsize,
}

impl DieAt {
    fn step(step: usize) -> Self {
        Self {
            step,
            seen: AtomicUsize::new(0),
        }
    }
}

impl Progress for DieAt {
    fn begin(&self, step: Step) {
        let seen = self.seen.fetch_add(1, Ordering::SeqCst);
        assert!(seen != self.step, "dies at `{}`", step.what);
    }
}

async fn make(local: &LocalProvisioner, label: &InstanceLabel, progress: &dyn Progress) {
    local.create(label, progress).await.unwrap();
    local.start(label.uid, progress).await.unwrap();
}

/// Whether it died, rather than running to its end.
async fn dies(local: LocalProvisioner, label: InstanceLabel, step: usize) -> bool {
    let attempt = async move { make(&local, &label, &DieAt::step(step)).await };
    tokio::spawn(attempt).await.is_err()
}

fn debris(machine: &Machine) -> Vec<String> {
    let of = |name| {
        fs::read_dir(machine.state().join(name))
            .into_iter()
            .flatten()
    };
    let names = of("tenants")
        .chain(of("trash"))
        .map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_create_that_dies_anywhere_can_be_repeated_or_taken_back() {
    let machine = Machine::new();
    for step in 0.. {
        let (kept, dropped) = (
            label("kept", 18, InstanceSpec::default()),
            label("dropped", 18, InstanceSpec::default()),
        );
        let died = dies(machine.local.clone(), kept.clone(), step).await;
        dies(machine.local.clone(), dropped.clone(), step).await;

        let later = machine.another();
        make(&later, &kept, &Silent).await;
        let password = Password::generate();
        let admin = later.admin(kept.uid).await.unwrap();
        admin
            .ensure_tenant(&kept.id, &password.verifier(), Privilege::Owner)
            .await
            .unwrap();
        let endpoint = later.start(kept.uid, &Silent).await.unwrap();
        let tenant = Tenant {
            uid: kept.uid,
            id: kept.id,
            endpoint,
            password,
        };
        assert_eq!(text(&tenant.client().await, "SELECT 'here'").await, "here");

        for instance in later.list().await.unwrap() {
            later.destroy(instance.uid, &Silent).await.unwrap();
        }
        assert_eq!(debris(&machine), [""; 0], "step {step}");
        if !died {
            return;
        }
    }
}

#[tokio::test]
async fn leaving_dies_anywhere_and_is_finished_later() {
    let machine = Machine::new();
    for step in 0.. {
        let tenant = machine.tenant("acme", 18).await;
        let (local, uid) = (machine.local.clone(), tenant.uid);
        let attempt = async move {
            let progress = DieAt::step(step);
            local.stop(uid, StopMode::Fast, &progress).await.unwrap();
            local.trash(uid, &progress).await.unwrap();
            local.restore(uid, &progress).await.unwrap();
            local.trash(uid, &progress).await.unwrap();
            local.destroy(uid, &progress).await.unwrap();
        };
        let died = tokio::spawn(attempt).await.is_err();
        machine.another().destroy(uid, &Silent).await.unwrap();
        assert_eq!(debris(&machine), [""; 0], "step {step}");
        if !died {
            return;
        }
    }
}

//! What a tenant's container is made of.

use crate::{
    config::Transport,
    host::Host,
    labels::{self, Labels, Making},
    naming, network,
    place::{self, Place},
};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, PortBinding,
    RestartPolicy, RestartPolicyNameEnum,
};
use pgs_core::{Limits, provision::InstanceLabel};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, path::Path};

/// The container that runs a tenant's server. It starts `postgres` itself and never the image's own entrypoint, so that
/// nothing in it can initialise a data directory.
pub(crate) fn server(host: &Host, label: &InstanceLabel, making: &Making) -> ContainerCreateBody {
    let place = Place::of(label.pg_version);
    ContainerCreateBody {
        image: Some(making.image.clone()),
        hostname: Some(label.id.to_string()),
        user: Some(host.config.user.clone()),
        env: Some(server_env(&place)),
        entrypoint: Some(words(&["/bin/sh", "-c", START, "pgs"])),
        cmd: Some(command(host, &place)),
        labels: Some(labels::write(label, making)),
        stop_signal: Some("SIGINT".to_owned()),
        stop_timeout: i64::try_from(host.config.stop_timeout.as_secs()).ok(),
        exposed_ports: is_published(host).then(|| vec![port()]),
        host_config: Some(host_config(host, label, &place)),
        ..ContainerCreateBody::default()
    }
}

/// A container that runs one program of the image on a volume and ends, with no way out of it.
pub(crate) fn helper(
    host: &Host,
    image: &str,
    labels: Labels,
    mounts: Vec<Mount>,
) -> ContainerCreateBody {
    ContainerCreateBody {
        image: Some(image.to_owned()),
        user: Some(host.config.user.clone()),
        labels: Some(labels),
        host_config: Some(HostConfig {
            network_mode: Some("none".to_owned()),
            mounts: Some(mounts),
            ..locked_up()
        }),
        ..ContainerCreateBody::default()
    }
}

fn host_config(host: &Host, label: &InstanceLabel, place: &Place) -> HostConfig {
    let mut tmpfs = HashMap::from([("/tmp".to_owned(), TMPFS.to_owned())]);
    let mut mounts = vec![volume_mount(&naming::volume(label.uid), place.root)];
    match host.config.transport {
        Transport::Socket => mounts.push(bind_mount(
            &host.layout.home(label.uid).run(),
            place::SOCKET_DIR,
        )),
        _ => drop(tmpfs.insert(place::SOCKET_DIR.to_owned(), TMPFS.to_owned())),
    }
    HostConfig {
        network_mode: Some(network::mode(host)),
        port_bindings: is_published(host)
            .then(|| HashMap::from([(port(), Some(vec![loopback()]))])),
        mounts: Some(mounts),
        tmpfs: Some(tmpfs),
        readonly_rootfs: Some(host.config.read_only),
        shm_size: label.spec.limits.shm.map(|size| size.bytes().cast_signed()),
        ..limited(&label.spec.limits)
    }
}

/// A server without a limit has the host's.
fn limited(limits: &Limits) -> HostConfig {
    let memory = limits.memory.map(|memory| memory.bytes().cast_signed());
    HostConfig {
        memory,
        // As much as without swap: a tenant that is out of memory is not to make the host slow.
        memory_swap: memory,
        nano_cpus: limits
            .cpus
            .map(|cpus| i64::from(cpus.millis()) * NANOS_PER_MILLI),
        pids_limit: limits.pids.map(i64::from),
        ..locked_up()
    }
}

/// What holds for every container that pgs makes.
fn locked_up() -> HostConfig {
    let log = HashMap::from([("max-size", "10m"), ("max-file", "3")]);
    let log = log
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    HostConfig {
        init: Some(true),
        cap_drop: Some(words(&["ALL"])),
        security_opt: Some(words(&["no-new-privileges:true"])),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        log_config: Some(HostConfigLogConfig {
            typ: Some("local".to_owned()),
            config: Some(log.collect()),
        }),
        ..HostConfig::default()
    }
}

/// The kernel kills a backend before the postmaster, since the postmaster's children raise their score (`PostgreSQL` manual,
/// section 18.4.4). The other way round, a lower score for the container, is not every engine's to give.
fn server_env(place: &Place) -> Vec<String> {
    vec![
        format!("PGDATA={}", place.data()),
        "PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj".to_owned(),
        "PG_OOM_ADJUST_VALUE=200".to_owned(),
    ]
}

/// What isolation hangs on is on the command line, which beats every file that a superuser could write.
fn command(host: &Host, place: &Place) -> Vec<String> {
    let mut command = vec![place.unsynced(), "postgres".to_owned()];
    let settings = [
        format!("config_file={}", place.in_data(CONFIG)),
        format!("data_directory={}", place.data()),
        format!("hba_file={}", place.in_data("pg_hba.conf")),
        format!("port={}", place::PORT),
        format!(
            "listen_addresses={}",
            listen_addresses(host.config.transport)
        ),
        format!("unix_socket_directories={}", place::SOCKET_DIR),
    ];
    command.extend(
        settings
            .into_iter()
            .flat_map(|setting| ["-c".to_owned(), setting]),
    );
    command
}

/// Where the server listens over TCP inside its container: nowhere, if it need not.
pub(crate) fn listen_addresses(transport: Transport) -> &'static str {
    match transport {
        Transport::Socket => "",
        Transport::Bridge | Transport::Published => "*",
    }
}

/// Stands for what this configuration and this version make of a container, but for what its tenant asks for. A stopped
/// container of another recipe is made anew.
pub(crate) fn fingerprint(host: &Host) -> String {
    let config = &host.config;
    let ingredients = format!(
        "{START}\n{}\n{}\n{}\n{}\n{}",
        config.user,
        config.read_only,
        config.transport.name(),
        config.stop_timeout.as_secs(),
        host.layout.state_dir().display(),
    );
    let digest = Sha256::digest(ingredients.as_bytes());
    let short = digest
        .iter()
        .take(4)
        .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    format!("{short:08x}")
}

pub(crate) fn volume_mount(volume: &str, at: &str) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_owned()),
        target: Some(at.to_owned()),
        ..Mount::default()
    }
}

/// The engine refuses a source that is not there, where its older way of binding would make it.
pub(crate) fn bind_mount(from: &Path, at: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(from.to_string_lossy().into_owned()),
        target: Some(at.to_owned()),
        ..Mount::default()
    }
}

fn is_published(host: &Host) -> bool {
    host.config.transport == Transport::Published
}

fn port() -> String {
    format!("{}/tcp", place::PORT)
}

/// A port of the engine's choice.
fn loopback() -> PortBinding {
    PortBinding {
        host_ip: Some("127.0.0.1".to_owned()),
        host_port: None,
    }
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// In the data directory: it includes the image's `postgresql.conf` and comes after it.
pub(crate) const CONFIG: &str = "pgs.conf";
/// A fresh copy is on the disk, whole, before a server works on it.
const START: &str = include_str!("start.sh");
const TMPFS: &str = "rw,nosuid,nodev,noexec,mode=1777,size=64m";
const NANOS_PER_MILLI: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, process::Command};

    /// What the script ran on a system whose programs are stand-ins, and whether the mark is still there.
    fn start(kernel: &str, file_system: &str, broken: &[&str]) -> (String, bool) {
        let dir = tempfile::tempdir().unwrap();
        let (log, mark) = (dir.path().join("log"), dir.path().join("mark"));
        fs::write(&mark, "").unwrap();
        let program = |name: &str, does: &str| {
            let path = dir.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        program("uname", &format!("echo {kernel}"));
        program("stat", &format!("echo {file_system}"));
        for name in ["sync", "initdb", "postgres"] {
            let end = i32::from(broken.contains(&name));
            program(
                name,
                &format!("echo {name} >>{}; exit {end}", log.display()),
            );
        }
        let path = format!("{}:/usr/bin:/bin", dir.path().display());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", START, "pgs"]).arg(&mark).arg("postgres");
        shell.env("PATH", path).env("PGDATA", dir.path());
        shell.status().unwrap();
        (fs::read_to_string(log).unwrap_or_default(), mark.exists())
    }

    #[test]
    fn a_copy_is_written_to_disk_at_once_where_that_tells_of_errors() {
        for (kernel, file_system) in [
            ("5.8.0-1", "ext2/ext3"),
            ("6.1.0", "xfs"),
            ("10.2.0", "btrfs"),
        ] {
            let done = start(kernel, file_system, &[]);
            assert_eq!(done, ("sync\npostgres\n".to_owned(), false), "{kernel}");
        }
    }

    #[test]
    fn elsewhere_it_is_written_to_disk_file_by_file() {
        for (kernel, file_system) in [
            ("5.7.19", "xfs"),
            ("4.18.0-5.8", "xfs"),
            ("6.1.0", "fuseblk"),
        ] {
            let done = start(kernel, file_system, &[]);
            assert_eq!(done, ("initdb\npostgres\n".to_owned(), false), "{kernel}");
        }
        let done = start("6.1.0", "xfs", &["sync"]);
        assert_eq!(done, ("sync\ninitdb\npostgres\n".to_owned(), false));
    }

    #[test]
    fn no_server_works_on_a_copy_that_may_be_lost() {
        let done = start("6.1.0", "xfs", &["sync", "initdb"]);
        assert_eq!(done, ("sync\ninitdb\n".to_owned(), true));
    }
}

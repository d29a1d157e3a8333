//! What pgs itself writes into a cluster's configuration files.

use pgs_core::{ByteSize, InstanceSpec, PgMajor, provision::InstanceLabel};

/// The settings of one tenant's server, line by line: what holds for every tenant, the lines of its provisioner, what
/// follows from its limits, and its own settings, which win.
#[must_use]
pub fn own_settings(label: &InstanceLabel, of_provisioner: &[&str]) -> String {
    let cluster_name = format!("cluster_name = '{}'", label.id);
    let fixed = FIXED
        .iter()
        .chain(of_provisioner)
        .chain(lean(label.pg_version));
    let own = label.spec.settings.iter();
    let lines = fixed
        .map(|line| (*line).to_owned())
        .chain([cluster_name])
        .chain(from_limits(&label.spec))
        .chain(own.map(pgs_core::Setting::config_line));
    lines.fold(String::from(HEAD), |text, line| text + &line + "\n")
}

/// One asynchronous worker is enough where nobody reads much, and each tenant pays for its own.
fn lean(major: PgMajor) -> &'static [&'static str] {
    if major.number() >= 18 {
        &["io_method = worker", "io_workers = 1"]
    } else {
        &[]
    }
}

fn from_limits(spec: &InstanceSpec) -> Vec<String> {
    let sessions = spec.limits.max_connections;
    let sessions =
        sessions.map(|sessions| format!("max_connections = {}", sessions.saturating_add(RESERVED)));
    let memory = spec.limits.memory.map(from_memory).unwrap_or_default();
    sessions.into_iter().chain(memory).collect()
}

/// The shares that the manual's chapter on resources starts from.
fn from_memory(limit: ByteSize) -> Vec<String> {
    let share = |part: u64, least: u64| format!("{}kB", (limit.bytes() / part / 1024).max(least));
    vec![
        format!("shared_buffers = {}", share(4, 1024)),
        format!("effective_cache_size = {}", share(2, 1024)),
        format!("maintenance_work_mem = {}", share(16, 1024)),
        format!("work_mem = {}", share(64, 1024)),
    ]
}

/// `pg_hba.conf` for a server on a Unix socket only: no trust anywhere, and no line for TCP. Local replication is for
/// `pg_basebackup` by the manager.
pub const HBA_LOCAL: &str = "local all all scram-sha-256\nlocal replication all scram-sha-256\n";
/// The lines that are added where a server must be reached over TCP.
pub const HBA_TCP: &str =
    "host all all all scram-sha-256\nhost replication all all scram-sha-256\n";

const HEAD: &str = "# Written by pgs at every start.\n";
/// For the manager, beyond what clients may use up.
const RESERVED: u32 = 3;
const FIXED: [&str; 8] = [
    "port = 5432",
    "password_encryption = 'scram-sha-256'",
    "superuser_reserved_connections = 3",
    "client_connection_check_interval = '10s'",
    "recovery_init_sync_method = fsync",
    "logging_collector = off",
    "log_destination = 'stderr'",
    "log_line_prefix = '%m [%p] %q%u@%d '",
];

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::{TenantUid, Timestamp};

    fn label(spec: InstanceSpec) -> InstanceLabel {
        let uid = TenantUid::new(Timestamp::from_millis(1));
        InstanceLabel::new(uid, "acme".parse().unwrap(), PgMajor::NEWEST, spec)
    }

    #[test]
    fn a_tenants_own_settings_come_last() {
        let mut spec = InstanceSpec::default();
        spec.limits.memory = Some("256m".parse().unwrap());
        spec.settings.push("shared_buffers=1MB".parse().unwrap());
        let text = own_settings(&label(spec), &["listen_addresses = ''"]);
        assert!(
            text.contains("shared_buffers = 65536kB\n") && text.contains("listen_addresses = ''\n")
        );
        assert!(text.ends_with("shared_buffers = '1MB'\n"));
    }

    #[test]
    fn sessions_of_the_manager_come_on_top_of_the_tenants() {
        let mut spec = InstanceSpec::default();
        spec.limits.max_connections = Some(10);
        assert!(own_settings(&label(spec), &[]).contains("max_connections = 13\n"));
    }
}

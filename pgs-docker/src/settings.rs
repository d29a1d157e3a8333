use crate::{
    archive::{self, Entry},
    config::Transport,
    host::Host,
    place::Place,
    recipe::CONFIG,
};
use pgs_cluster::{HBA_LOCAL, HBA_TCP, own_settings};
use pgs_core::{Result, provision::InstanceLabel};

/// Writes `pgs.conf` and `pg_hba.conf` anew, at every start, so that a newer pgs brings its own settings along. They are
/// root's: the server's user reads them.
pub(crate) async fn write(host: &Host, container: &str, label: &InstanceLabel) -> Result<()> {
    let place = Place::of(label.pg_version);
    let own = format!(
        "include = 'postgresql.conf'\n{}",
        own_settings(label, &SOCKET)
    );
    let hba = match host.config.transport {
        Transport::Socket => HBA_LOCAL.to_owned(),
        Transport::Bridge | Transport::Published => format!("{HBA_LOCAL}{HBA_TCP}"),
    };
    let entries = [(CONFIG, own.as_str()), ("pg_hba.conf", hba.as_str())];
    let entries = entries.map(|(path, text)| Entry {
        path,
        content: Some(text.as_bytes()),
        mode: 0o644,
    });
    archive::write(&host.engine, container, &place.data(), &entries).await
}

/// Whoever reaches the socket's directory on the host may connect; only the manager's user does.
const SOCKET: [&str; 1] = ["unix_socket_permissions = 0777"];

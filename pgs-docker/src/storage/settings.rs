use crate::{
    archive::{self, Entry},
    config::Transport,
    holder::Holder,
    host::Host,
    place::{self, Place},
    recipe::{self, CONFIG},
};
use pgs_cluster::{HBA_LOCAL, HBA_TCP, own_settings};
use pgs_core::{Result, provision::InstanceLabel};

/// Writes `pgs.conf` and `pg_hba.conf` anew, at every start, so that a newer pgs brings its own settings along. They are
/// root's: the server's user reads them.
pub(crate) async fn write(host: &Host, holder: &Holder, label: &InstanceLabel) -> Result<()> {
    let transport = holder.transport(host);
    let place = Place::of(label.pg_version);
    // As on the command line: another value in a file would count as one that waits for a restart.
    let listen = format!(
        "listen_addresses = '{}'",
        recipe::listen_addresses(transport)
    );
    let sockets = format!("unix_socket_directories = '{}'", place::SOCKET_DIR);
    let lines = [listen.as_str(), sockets.as_str(), SOCKET_MODE];
    let own = format!(
        "include = 'postgresql.conf'\n{}",
        own_settings(label, &lines)
    );
    let hba = match transport {
        Transport::Socket => HBA_LOCAL.to_owned(),
        Transport::Bridge | Transport::Published => format!("{HBA_LOCAL}{HBA_TCP}"),
    };
    let entries = [(CONFIG, own.as_str()), ("pg_hba.conf", hba.as_str())];
    let entries = entries.map(|(path, text)| Entry {
        path,
        content: Some(text.as_bytes()),
        mode: 0o644,
    });
    archive::write(&host.engine, &holder.id, &place.data(), &entries).await
}

/// Whoever reaches the socket's directory on the host may connect; only the manager's user does.
const SOCKET_MODE: &str = "unix_socket_permissions = 0777";

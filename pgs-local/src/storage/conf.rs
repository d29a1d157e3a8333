//! `pgs.conf` and `pg_hba.conf` in a tenant's data directory.

use super::{durable, home::Home};
use crate::OsUser;
use pgs_cluster::{HBA_LOCAL, own_settings};
use pgs_core::{Result, provision::InstanceLabel};

/// Written anew at every start, so that a newer pgs brings its own settings along.
pub(crate) fn write(home: &Home, label: &InstanceLabel, owner: Option<&OsUser>) -> Result<()> {
    let data = home.data();
    let own = own_settings(label, &SOCKET_ONLY);
    durable::keep(
        &data.join("pgs.conf"),
        own.as_bytes(),
        durable::PRIVATE_FILE,
        owner,
    )?;
    durable::keep(
        &data.join("pg_hba.conf"),
        HBA_LOCAL.as_bytes(),
        durable::PRIVATE_FILE,
        owner,
    )
}

/// The socket's directory is relative to the data directory, so that the path the server knows is short everywhere.
const SOCKET_ONLY: [&str; 3] = [
    "listen_addresses = ''",
    "unix_socket_directories = '../run'",
    "unix_socket_permissions = 0700",
];

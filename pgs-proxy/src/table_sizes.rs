use crate::shared::Shared;
use std::collections::BTreeMap;

/// How many entries each table has.
pub(crate) fn table_sizes(shared: &Shared) -> BTreeMap<&'static str, u64> {
    let sizes = [
        ("cancel_keys", shared.cancels.len()),
        ("failures", shared.bans.len()),
        ("handshakes", shared.handshakes.len()),
        ("login_addresses", shared.logins.addresses()),
        ("logins", shared.logins.len()),
        ("roles", shared.paces.known_roles()),
        ("salts", shared.salts.len()),
        ("session_addresses", shared.sessions_by_address.len()),
        ("sessions", shared.sessions.len()),
        ("waiting_tenants", shared.waiting_room.tenants()),
    ];
    let sizes = sizes.map(|(name, size)| (name, size as u64));
    sizes.into_iter().collect()
}

//! The names of what a tenant has in the engine. Labels cannot change, names can: a container's name tells its marker.

use pgs_core::{TenantUid, provision::Marker};

/// The volume that holds a tenant's data.
pub(crate) fn volume(uid: TenantUid) -> String {
    format!("pgs-{uid}")
}

/// The container of a tenant whose storage is in this state.
pub(crate) fn container(uid: TenantUid, marker: Marker) -> String {
    let suffix = match marker {
        Marker::Pending => PENDING,
        Marker::Trashed => TRASHED,
        _ => "",
    };
    format!("pgs-{uid}{suffix}")
}

/// What a container's name tells; none for a name that pgs did not give.
pub(crate) fn marker(name: &str, uid: TenantUid) -> Option<Marker> {
    [Marker::Complete, Marker::Pending, Marker::Trashed]
        .into_iter()
        .find(|marker| container(uid, *marker) == name)
}

const PENDING: &str = ".new";
const TRASHED: &str = ".trash";

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::Timestamp;

    #[test]
    fn a_name_tells_the_marker_it_was_made_from() {
        let uid = TenantUid::new(Timestamp::from_millis(1));
        for state in [Marker::Pending, Marker::Complete, Marker::Trashed] {
            assert_eq!(marker(&container(uid, state), uid), Some(state));
        }
        assert_eq!(marker("somebodys", uid), None);
        assert_eq!(
            marker(
                &container(uid, Marker::Complete),
                TenantUid::new(Timestamp::from_millis(2))
            ),
            None
        );
    }
}

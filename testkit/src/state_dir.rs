use std::{fs::Permissions, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

/// A directory that is gone with the value, and that servers can pass through when they run as another OS user.
pub fn state_dir() -> TempDir {
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    tempfile::Builder::new()
        .prefix("pgs-test-")
        .permissions(Permissions::from_mode(mode))
        .tempdir()
        .expect("a temporary directory can be made")
}

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

/// Makes the folder if it is not there, and lets only its owner in, also if it was there.
///
/// Whoever may not enter a folder cannot reach a socket in it, whatever the socket's own mode.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(MODE)
        .create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & ALL == MODE {
        return Ok(());
    }
    fs::set_permissions(folder, Permissions::from_mode(MODE))
}

const MODE: u32 = 0o700;
const ALL: u32 = 0o7777;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_there_is_closed_to_others() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("serve");
        let mode = || fs::metadata(&folder).unwrap().permissions().mode() & ALL;
        make(&folder).unwrap();
        assert_eq!(mode(), MODE);
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        make(&folder).unwrap();
        assert_eq!(mode(), MODE);
    }
}

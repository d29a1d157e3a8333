use pgs_core::{Error, ErrorKind, Result};
use std::{
    fs::{File, Metadata},
    io::Read,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// Reads a private key, unless others may read it, too.
///
/// Source: `src/backend/libpq/be-secure-common.c`, `check_ssl_key_file_permissions`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| {
        Error::io(
            format!("the key file `{}` cannot be read", path.display()),
            source,
        )
    };
    let mut file = File::open(path).map_err(failed)?;
    check(path, &file.metadata().map_err(failed)?)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn check(path: &Path, metadata: &Metadata) -> Result<()> {
    let refuse = |message: String, remedy: String| {
        Err(Error::new(ErrorKind::PermissionDenied, message).with_remedy(remedy))
    };
    let user = rustix::process::geteuid().as_raw();
    let name = path.display();
    if metadata.uid() != user && metadata.uid() != ROOT {
        return refuse(
            format!("the key file `{name}` must belong to the user pgs runs as, or to root"),
            format!("chown it to the user with the number {user}"),
        );
    }
    let forbidden = if metadata.uid() == user { 0o077 } else { 0o037 };
    if metadata.mode() & forbidden != 0 {
        return refuse(
            format!("the key file `{name}` has group or world access"),
            format!("chmod 600 {name} (640 will do for one that belongs to root)"),
        );
    }
    Ok(())
}

const ROOT: u32 = 0;

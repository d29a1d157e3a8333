use pgs_core::{Error, Result};
use pgs_proxy::MockSecret;
use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

const FILE: &str = "proxy-secret";

/// The secret from which the proxy makes salts for names that nobody has: one for each state directory, so that a salt
/// is the same from every proxy and after every restart.
pub(crate) fn proxy_secret(state_dir: &Path) -> Result<MockSecret> {
    let path = state_dir.join(FILE);
    let failed = |source| Error::io(format!("`{}` cannot be kept", path.display()), source);
    match read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path).map_err(failed),
        outcome => outcome.map_err(failed),
    }
}

fn read(path: &Path) -> std::io::Result<MockSecret> {
    let mut secret = [0; 32];
    File::open(path)?.read_exact(&mut secret)?;
    Ok(MockSecret::new(secret))
}

/// Written aside and linked into place, so that of several makers one wins and nobody reads half a secret.
fn make(path: &Path) -> std::io::Result<MockSecret> {
    let secret: [u8; 32] = rand::random();
    let aside = path.with_extension(std::process::id().to_string());
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&aside, path);
    std::fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => read(path),
    }
}

use pgs_core::{Error, Result, wire::Challenge};
use pgs_proxy::{KnownSalt, Proxy};
use std::{
    collections::HashSet,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Keeps the salts that live servers told in a file, so that a restart of the proxy does not tell who was live.
///
/// Several proxies may share the file: each adds what it has learnt itself and takes over what the others have.
#[derive(Debug)]
pub(crate) struct SaltKeeper {
    task: JoinSet<()>,
    stop: CancellationToken,
}

impl SaltKeeper {
    /// Gives the proxy the salts that were kept, and begins to keep new ones.
    pub(crate) fn begin(proxy: &Proxy, state_dir: &Path) -> Result<Self> {
        let path = state_dir.join(FILE);
        let kept = read(&path).map_err(|source| {
            Error::io(format!("`{}` cannot be read", path.display()), source)
                .with_remedy("make it readable for pgs, or remove it")
        })?;
        proxy.preset_salts(kept);
        let stop = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(keep(proxy.clone(), path, stop.clone()));
        Ok(Self { task, stop })
    }

    /// Keeps what is not kept yet, and stops. Cancel safe.
    pub(crate) async fn finish(&mut self) {
        self.stop.cancel();
        self.task.join_next().await;
    }
}

async fn keep(proxy: Proxy, path: PathBuf, stop: CancellationToken) {
    let mut unsaved = Vec::new();
    loop {
        let is_last = timeout(INTERVAL, stop.cancelled()).await.is_ok();
        unsaved.extend(proxy.take_new_salts());
        if !unsaved.is_empty() {
            match add(&path, unsaved.clone()).await {
                Ok(all) => {
                    unsaved.clear();
                    proxy.preset_salts(all);
                }
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "the salts of live tenants are not kept");
                }
            }
        }
        if is_last {
            return;
        }
    }
}

/// Adds these to the file; everything that is in it then.
async fn add(path: &Path, new: Vec<KnownSalt>) -> io::Result<Vec<KnownSalt>> {
    let path = path.to_owned();
    spawn_blocking(move || {
        let lock = create(&path.with_extension("lock"))?;
        lock.lock()?;
        let all = merged(read(&path)?, new);
        write(&path, &all)?;
        Ok(all)
    })
    .await
    .map_err(io::Error::other)?
}

/// The new ones last, in the place of older ones of the same name.
fn merged(mut kept: Vec<KnownSalt>, new: Vec<KnownSalt>) -> Vec<KnownSalt> {
    let names: HashSet<_> = new.iter().map(|salt| &salt.name).collect();
    kept.retain(|salt| !names.contains(&salt.name));
    kept.extend(new);
    kept.drain(..kept.len().saturating_sub(MOST));
    kept
}

fn read(path: &Path) -> io::Result<Vec<KnownSalt>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(parse).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Written aside and renamed, so that nobody reads half a file.
fn write(path: &Path, salts: &[KnownSalt]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = BufWriter::new(create(&aside)?);
    for salt in salts {
        writeln!(file, "{}", line(salt))?;
    }
    let file = file.into_inner()?;
    file.sync_data()?;
    std::fs::rename(&aside, path)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// What was asked for in hexadecimal digits, since a name may have any bytes in it; the salt; the iterations.
fn line(salt: &KnownSalt) -> String {
    let mut line = String::new();
    for byte in &salt.name {
        // Writing to a string cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
    let challenge = &salt.challenge;
    let _ = write!(line, " {} {}", challenge.salt(), challenge.iterations());
    line
}

/// A line that is none is left out: it tells nothing, and the next login of that name writes it anew.
fn parse(line: &str) -> Option<KnownSalt> {
    let mut words = line.split(' ');
    let name = bytes(words.next()?)?;
    let challenge = Challenge::new(words.next()?, words.next()?.parse().ok()?)?;
    Some(KnownSalt::new(name, challenge))
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}

const FILE: &str = "proxy-salts";
const INTERVAL: Duration = Duration::from_secs(5);
/// As many as a proxy remembers.
const MOST: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn salt(name: &[u8], iterations: u32) -> KnownSalt {
        let challenge = Challenge::new("c2FsdA==", iterations).unwrap();
        KnownSalt::new(name.to_vec(), challenge)
    }

    #[test]
    fn what_is_written_is_read_again_whatever_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(read(&path).unwrap(), []);
        let salts = [salt(b"clerk\0acme", 1), salt(b"\xFF \n", 4_096)];
        write(&path, &salts).unwrap();
        assert_eq!(read(&path).unwrap(), salts);
    }

    #[test]
    fn a_line_that_is_none_is_left_out() {
        for torn in [
            "",
            "61",
            "6 c2FsdA== 1",
            "6x c2FsdA== 1",
            "61 c2FsdA==",
            "61 c2FsdA== 0",
        ] {
            assert_eq!(parse(torn), None, "{torn}");
        }
    }

    #[test]
    fn a_newer_salt_takes_the_place_of_the_older_one() {
        let kept = vec![salt(b"a", 1), salt(b"b", 1)];
        let new = vec![salt(b"a", 2)];
        assert_eq!(merged(kept, new), [salt(b"b", 1), salt(b"a", 2)]);
    }
}

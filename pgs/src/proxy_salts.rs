use pgs_core::{
    Error, Result,
    wire::{Challenge, ErrorSource, ProtocolVersion},
};
use pgs_proxy::{KnownSalt, KnownServer, Proxy};
use std::{
    collections::{HashMap, HashSet},
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
/// Several proxies may share the file: each adds what it has learnt itself and takes over what it has not.
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
        let (proxy, path) = (proxy.clone(), path.clone());
        // Files, and as many as a hundred thousand salts: nothing for a worker that sessions wait for.
        let kept = spawn_blocking(move || keep_new(&proxy, &path, unsaved));
        unsaved = kept.await.unwrap_or_default();
        if is_last {
            return;
        }
    }
}

/// Keeps what was not and what the proxy has learnt since; what could not be kept.
fn keep_new(proxy: &Proxy, path: &Path, mut unsaved: Vec<KnownSalt>) -> Vec<KnownSalt> {
    unsaved.extend(proxy.take_new_salts());
    if unsaved.is_empty() {
        return unsaved;
    }
    match add(path, &unsaved) {
        Ok(all) => {
            proxy.preset_salts(all);
            Vec::new()
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "the salts of live tenants are not kept");
            merged(Vec::new(), unsaved)
        }
    }
}

/// Adds these to the file; everything that is in it then.
fn add(path: &Path, new: &[KnownSalt]) -> io::Result<Vec<KnownSalt>> {
    let lock = create(&path.with_extension("lock"))?;
    lock.lock()?;
    let all = merged(read(path)?, new.to_vec());
    write(path, &all)?;
    Ok(all)
}

/// The latest of each name, as many as a proxy remembers of each tenant and in all; the new ones last.
fn merged(mut kept: Vec<KnownSalt>, new: Vec<KnownSalt>) -> Vec<KnownSalt> {
    kept.extend(new);
    let mut names = HashSet::new();
    let mut of_tenant = HashMap::<_, usize>::new();
    let mut stays: Vec<_> = kept
        .iter()
        .rev()
        .map(|salt| {
            let is_latest = names.insert(&salt.name);
            let count = of_tenant.entry(salt.tenant()).or_default();
            *count += usize::from(is_latest);
            is_latest && *count <= KnownSalt::MOST_PER_TENANT
        })
        .collect();
    let mut stay = || stays.pop().unwrap_or_default();
    kept.retain(|_| stay());
    kept.drain(..kept.len().saturating_sub(KnownSalt::MOST));
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

/// What was asked for in hexadecimal digits, since a name may have any bytes in it; the salt; the iterations; the newest
/// protocol version; file, line and routine of a wrong password. What is not known is a `-`, or missing at the end.
fn line(salt: &KnownSalt) -> String {
    let KnownSalt {
        name,
        challenge,
        server,
        ..
    } = salt;
    let newest = server.newest.map(|newest| newest.to_string());
    let source = server.wrong_password.as_ref().map(|source| {
        let fields = [source.file(), source.line(), source.routine()];
        fields.map(digits).join(":")
    });
    let words = [
        digits(name),
        challenge.salt().to_owned(),
        challenge.iterations().to_string(),
        newest.unwrap_or_else(unknown),
        source.unwrap_or_else(unknown),
    ];
    words.join(" ")
}

/// A line that is none is left out: it tells nothing, and the next login of that name writes it anew.
fn parse(line: &str) -> Option<KnownSalt> {
    let mut words = line.split(' ');
    let name = bytes(words.next()?)?;
    let challenge = Challenge::new(words.next()?, words.next()?.parse().ok()?)?;
    let mut server = KnownServer::unknown();
    server.newest = words.next().and_then(version);
    server.wrong_password = words.next().and_then(source);
    Some(KnownSalt::new(name, challenge).with_server(server))
}

fn version(word: &str) -> Option<ProtocolVersion> {
    let known = [ProtocolVersion::V3_0, ProtocolVersion::V3_2];
    known.into_iter().find(|known| known.to_string() == word)
}

fn source(word: &str) -> Option<ErrorSource> {
    let mut fields = word.split(':').map(bytes);
    let (file, line, routine) = (fields.next()??, fields.next()??, fields.next()??);
    Some(ErrorSource::learnt(&file, &line, &routine))
}

fn unknown() -> String {
    "-".to_owned()
}

fn digits(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
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
        let older = KnownServer::unknown().with_newest(ProtocolVersion::V3_0);
        let source = ErrorSource::known("auth.c", "334", "auth_failed");
        let salts = [
            salt(b"clerk\0acme", 1),
            salt(b"\xFF \n", 4_096).with_server(older.clone()),
            salt(b"a", 1).with_server(older.with_wrong_password(source.clone())),
            salt(b"b", 1).with_server(KnownServer::unknown().with_wrong_password(source)),
        ];
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
    fn a_line_of_before_tells_nothing_of_the_server() {
        assert_eq!(parse("61 c2FsdA== 7"), Some(salt(b"a", 7)));
        assert_eq!(parse("61 c2FsdA== 7 9.9 61:62"), Some(salt(b"a", 7)));
    }

    #[test]
    fn a_tenants_own_flood_takes_no_others_place() {
        let mut kept = vec![salt(b"acme", 1)];
        for number in 0..1_000 {
            let name = format!("role{number}\0flooded").into_bytes();
            kept = merged(kept, vec![salt(&name, 1)]);
        }
        assert_eq!(kept.len(), 1 + KnownSalt::MOST_PER_TENANT);
        assert_eq!(kept[0], salt(b"acme", 1));
        assert_eq!(kept.last().unwrap().name, b"role999\0flooded");
    }

    #[test]
    fn a_newer_salt_takes_the_place_of_the_older_one() {
        let kept = vec![salt(b"a", 1), salt(b"b", 1)];
        let new = vec![salt(b"a", 2)];
        assert_eq!(merged(kept, new), [salt(b"b", 1), salt(b"a", 2)]);
    }
}

//! A data directory in which `initdb` has been run once, for every tenant to be copied from.

use crate::{
    Binaries,
    failure::{AtPath, blocking},
    host::Host,
    storage::{clone, control_file, durable, secrets},
    tool::Tool,
};
use pgs_core::{Error, ErrorKind, Password, Result, provision::Progress};
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

/// A template that is whole.
#[derive(Debug)]
pub(crate) struct Template {
    root: PathBuf,
}

impl Template {
    /// The template for these programs; made now, if there is none.
    pub(crate) async fn ensure(
        host: &Host,
        binaries: &Binaries,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let key = key(binaries);
        let template = Self {
            root: host.layout.templates().join(&key),
        };
        if durable::is_there(&template.root)? {
            return Ok(template);
        }
        progress.step("waiting for the template");
        let _lock = lock(host.layout.templates().join(format!("{key}.lock"))).await?;
        if !durable::is_there(&template.root)? {
            sweep(&host.layout.templates(), &key);
            build(host, binaries, &key, &template.root, progress).await?;
        }
        Ok(template)
    }

    /// A template that is made for one tenant, to be used up by it.
    pub(crate) async fn unshared(
        host: &Host,
        binaries: &Binaries,
        root: PathBuf,
        progress: &dyn Progress,
    ) -> Result<Self> {
        progress.step("initialising the storage");
        fill(host, binaries, &root, progress).await?;
        let template = Self { root };
        let data = template.data();
        blocking(move || clone::sync(&data)).await?;
        Ok(template)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn secret(&self) -> Result<Password> {
        secrets::read(&self.root.join(SECRET))
    }
}

/// Everything that a template hangs on is in its name, so that none is ever out of date.
fn key(binaries: &Binaries) -> String {
    let ingredients = format!(
        "{FORMAT}\n{}\n{:?}\n{SPARE_TENANT:?}",
        binaries.version,
        initdb_options(binaries)
    );
    let digest = Sha256::digest(ingredients.as_bytes());
    let short = digest
        .iter()
        .take(5)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    format!("{}-{short:010x}", binaries.major)
}

/// Between threads and between processes; it ends with its holder.
async fn lock(path: PathBuf) -> Result<File> {
    blocking(move || {
        let file = File::create(&path).at("make", &path)?;
        file.lock().at("lock", &path)?;
        Ok(file)
    })
    .await
}

/// Removes what killed builders left. A program of theirs may still be at it, and then the next builder succeeds.
fn sweep(templates: &Path, key: &str) {
    let unfinished = format!("{UNFINISHED}{key}-");
    let Ok(entries) = fs::read_dir(templates) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&unfinished)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, debris = %entry.path().display(), "an unfinished template cannot be removed");
        }
    }
}

async fn build(
    host: &Host,
    binaries: &Binaries,
    key: &str,
    to: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let random = Alphanumeric.sample_string(&mut rand::rng(), 6);
    let root = host
        .layout
        .templates()
        .join(format!("{UNFINISHED}{key}-{random}"));
    progress.step("initialising the template");
    let built = fill(host, binaries, &root, progress).await;
    if built.is_err() {
        // The error of the build is the one to tell.
        let _ = durable::remove_tree(&root);
        return built;
    }
    progress.step("finishing the template");
    let to = to.to_owned();
    blocking(move || {
        // Whoever runs as the servers' user could otherwise change what all later tenants are copied from.
        clone::take_over(&root.join("data"))?;
        clone::sync(&root)?;
        durable::rename(&root, &to)
    })
    .await
}

async fn fill(
    host: &Host,
    binaries: &Binaries,
    root: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let (data, secret) = (root.join("data"), Password::generate());
    durable::directory(root, host.passage(), None)?;
    durable::directory(&data, durable::PRIVATE_DIR, host.user.as_ref())?;
    secrets::write(&root.join(SECRET), &secret)?;
    initialise(host, binaries, root, &secret).await?;
    progress.step("preparing the template");
    make_spare_tenant(host, binaries, &data).await?;
    include_own_settings(&data)?;
    must_be_shut_down(&data)
}

/// The password goes by a file that is gone before anybody else could look.
async fn initialise(
    host: &Host,
    binaries: &Binaries,
    root: &Path,
    secret: &Password,
) -> Result<()> {
    let (data, file) = (root.join("data"), root.join("initdb.secret"));
    durable::write(
        &file,
        secret.reveal().as_bytes(),
        durable::PRIVATE_FILE,
        host.user.as_ref(),
    )?;
    let initdb = Tool::new(binaries.program("initdb"), host.user.as_ref(), &data)
        .args(initdb_options(binaries))
        .args([
            "--pwfile".as_ref(),
            file.as_os_str(),
            "--pgdata".as_ref(),
            data.as_os_str(),
        ]);
    let done = initdb.run("").await;
    durable::remove_file(&file)?;
    done
}

/// The whole tree is written to disk once, at the end, so `initdb` need not do it.
fn initdb_options(binaries: &Binaries) -> Vec<&'static str> {
    let mut options = vec![
        "--username=pgs_admin",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-sync",
        "--no-instructions",
    ];
    if binaries.major.number() >= 17 {
        options.extend(["--locale-provider=builtin", "--locale=C.UTF-8"]);
    } else {
        options.push("--no-locale");
    }
    options
}

/// A server of one process and without a socket is enough to make what tenants only rename.
async fn make_spare_tenant(host: &Host, binaries: &Binaries, data: &Path) -> Result<()> {
    let single = Tool::new(binaries.program("postgres"), host.user.as_ref(), data);
    let single = single.args([
        "--single".as_ref(),
        "-c".as_ref(),
        "exit_on_error=on".as_ref(),
        "-D".as_ref(),
        data.as_os_str(),
        "postgres".as_ref(),
    ]);
    single.run(SPARE_TENANT).await
}

fn include_own_settings(data: &Path) -> Result<()> {
    let path = data.join("postgresql.conf");
    let mut file = durable::open_file(&path, File::options().append(true)).at("open", &path)?;
    file.write_all(b"\ninclude = 'pgs.conf'\n")
        .at("write", &path)
}

fn must_be_shut_down(data: &Path) -> Result<()> {
    if control_file::is_shut_down(data)? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InstanceFailed,
        "the template's server did not shut down in order",
    ))
}

/// Goes up when the same ingredients make something else. Since 2, a template is not the servers' user's.
const FORMAT: u32 = 2;
const UNFINISHED: &str = ".building-";
const SECRET: &str = "secret";
const SPARE_TENANT: &str =
    "CREATE ROLE pgs_tenant NOLOGIN;\nCREATE DATABASE pgs_tenant OWNER pgs_tenant;\n";

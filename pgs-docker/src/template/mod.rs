//! A data directory that the image made once, for every tenant to be copied from: an archive in the state directory.

mod archive;
mod build;

use crate::{
    files::{self, AtPath},
    host::Host,
    image::Image,
    layout,
};
use pgs_core::{Error, ErrorKind, Password, PgMajor, Result, provision::Progress};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

pub(crate) use archive::Copy;
use build::Build;

/// A template that is whole.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    root: PathBuf,
}

impl Template {
    /// The template of this image; made now, if there is none.
    pub(crate) async fn ensure(
        host: &Host,
        image: &Image,
        major: PgMajor,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let key = key(image, major, &host.config.user);
        let template = Self {
            root: host.layout.templates().join(&key),
        };
        if template.is_there()? {
            return Ok(template);
        }
        progress.step("waiting for the template");
        let _lock = files::lock(host.layout.templates().join(format!("{key}.lock"))).await?;
        if !template.is_there()? {
            let build = Build {
                host,
                image,
                major,
                key: &key,
            };
            build.run(&template.root, progress).await?;
        }
        Ok(template)
    }

    /// The data directory as a tar archive, every path below `data/`.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join(DATA)
    }

    /// The password of `pgs_admin` in the data directory, until a tenant replaces it.
    pub(crate) fn secret(&self) -> Result<Password> {
        let path = self.root.join(SECRET);
        layout::read_secret(&path)?.ok_or_else(|| {
            let message = format!("the template's secret `{}` is gone", path.display());
            Error::new(ErrorKind::Corrupt, message).with_remedy(format!(
                "delete `{}`: the next create makes it anew",
                self.root.display()
            ))
        })
    }

    fn is_there(&self) -> Result<bool> {
        self.root.try_exists().at("look at", &self.root)
    }
}

/// Everything that a template hangs on is in its name, so that none is ever out of date.
fn key(image: &Image, major: PgMajor, user: &str) -> String {
    let ingredients = format!("{FORMAT}\n{}\n{user}\n{}", image.id, initdb_args(major));
    let digest = Sha256::digest(ingredients.as_bytes());
    let short = digest
        .iter()
        .take(5)
        .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    format!("{major}-{short:010x}")
}

/// The C.UTF-8 of the server itself sorts the same on every image; that of a C library does not.
pub(crate) fn initdb_args(major: PgMajor) -> &'static str {
    if major.number() >= 17 {
        "--auth=scram-sha-256 --encoding=UTF8 --data-checksums --locale-provider=builtin --locale=C.UTF-8"
    } else {
        "--auth=scram-sha-256 --encoding=UTF8 --data-checksums --no-locale"
    }
}

/// Puts a finished template in its place.
fn put_in_place(unfinished: &Path, to: &Path) -> Result<()> {
    let data = unfinished.join(DATA);
    File::open(&data)
        .and_then(|file| file.sync_all())
        .at("write to disk", &data)?;
    fs::rename(unfinished, to).at("rename", unfinished)?;
    files::sync_parent(to)
}

/// Goes up when the same ingredients make something else.
const FORMAT: u32 = 1;
const DATA: &str = "data.tar";
const SECRET: &str = "secret";

use pgs_core::{Error, ErrorKind, Password, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A file with passwords for PostgreSQL's programs (`libpq`, "The Password File"); it goes with the value.
#[derive(Debug)]
pub(super) struct Passfile {
    path: PathBuf,
}

/// Who logs in where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
    pub(super) password: &'a Password,
}

impl Passfile {
    /// Writes one that only this user can read.
    pub(super) fn write(path: &Path, entries: &[Entry<'_>]) -> Result<Self> {
        let lines: Result<String> = entries.iter().map(|entry| line(*entry)).collect();
        let lines = lines?;
        let failed = |source| Error::io(format!("`{}` cannot be written", path.display()), source);
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let written = file.write_all(lines.as_bytes());
        // From here on, it goes however this ends.
        let passfile = Self {
            path: path.to_owned(),
        };
        written.map_err(failed)?;
        Ok(passfile)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes those that killed processes left in a folder.
    pub(super) fn sweep(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
            {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Passfile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a file with passwords could not be deleted");
        }
    }
}

fn line(entry: Entry<'_>) -> Result<String> {
    let port = entry.port.to_string();
    let fields = [
        entry.host,
        &port,
        entry.database,
        entry.user,
        entry.password.reveal(),
    ];
    if fields.iter().any(|field| field.contains(['\n', '\r'])) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("what `{}` logs in with has a line break in it", entry.user),
        )
        .with_remedy("PostgreSQL's programs take no such password: change it on the old server"));
    }
    let escaped = fields.map(|field| field.replace('\\', "\\\\").replace(':', "\\:"));
    Ok(format!("{}\n", escaped.join(":")))
}

pub(super) const EXTENSION: &str = "pgpass";

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_is_private_escaped_and_gone_with_the_value() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.pgpass");
        let password = "a:b\\c".parse().unwrap();
        let entry = Entry {
            host: "::1",
            port: 15432,
            database: "shop",
            user: "root",
            password: &password,
        };
        let passfile = Passfile::write(&path, &[entry, entry]).unwrap();
        let text = fs::read_to_string(passfile.path()).unwrap();
        assert_eq!(text, "\\:\\:1:15432:shop:root:a\\:b\\\\c\n".repeat(2));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(passfile);
        assert!(!path.exists());

        fs::write(&path, "left").unwrap();
        Passfile::sweep(directory.path()).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_line_break_is_refused() {
        let password = "a\nb".parse().unwrap();
        let entry = Entry {
            host: "x",
            port: 1,
            database: "x",
            user: "x",
            password: &password,
        };
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.pgpass");
        let error = Passfile::write(&path, &[entry]).unwrap_err();
        assert!(error.remedy().is_some() && !path.exists());
    }
}

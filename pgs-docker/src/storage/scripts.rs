//! The scripts that an image runs when it initialises a tenant: those of the configured directory, between two of pgs.

use crate::{
    archive::{Entry, append},
    files::AtPath,
};
use pgs_core::{Error, ErrorKind, Result, TenantId};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tar::Builder;

/// All of them as an archive for the image's directory of scripts.
///
/// The image runs them as its superuser, in the order of their names. The first of pgs makes the tenant's role, so that
/// scripts can name it, and lets it use whatever they make; the last one ends that.
pub(crate) fn archive(directory: &Path, tenant: &TenantId) -> Result<Vec<u8>> {
    let files = files(directory)?;
    let pack = || -> io::Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        own(&mut archive, "00-pgs-tenant.sql", &opening(tenant))?;
        for file in &files {
            let name = file.file_name().unwrap_or(file.as_os_str());
            archive.append_path_with_name(file, name)?;
        }
        own(&mut archive, "zz-pgs-tenant.sql", &closing(tenant))?;
        archive.into_inner()
    };
    pack().at("pack the scripts in", directory)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(|error| {
        let message = format!(
            "the directory of scripts `{}` cannot be read",
            directory.display()
        );
        Error::new(ErrorKind::InvalidInput, message)
            .with_remedy("correct `[docker] initdb_dir`, or leave it out")
            .with_source(error)
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.at("read", directory)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn own(archive: &mut Builder<Vec<u8>>, path: &str, sql: &str) -> io::Result<()> {
    let entry = Entry {
        path,
        content: Some(sql.as_bytes()),
        mode: 0o644,
    };
    append(archive, &entry)
}

fn opening(tenant: &TenantId) -> String {
    let grants = KINDS
        .map(|kind| format!("ALTER DEFAULT PRIVILEGES GRANT ALL ON {kind} TO \"{tenant}\";\n"));
    format!("CREATE ROLE \"{tenant}\" NOLOGIN;\n{}", grants.concat())
}

fn closing(tenant: &TenantId) -> String {
    KINDS
        .map(|kind| format!("ALTER DEFAULT PRIVILEGES REVOKE ALL ON {kind} FROM \"{tenant}\";\n"))
        .concat()
}

const KINDS: [&str; 4] = ["SCHEMAS", "TABLES", "SEQUENCES", "TYPES"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn scripts_stand_between_those_of_pgs_and_keep_their_mode() {
        let directory = tempfile::tempdir().unwrap();
        let shell = directory.path().join("20-b.sh");
        fs::write(&shell, "true").unwrap();
        fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(directory.path().join("10-a.sql"), "SELECT 1").unwrap();
        fs::create_dir(directory.path().join("sub")).unwrap();
        let packed = archive(directory.path(), &"acme".parse().unwrap()).unwrap();
        let mut packed = tar::Archive::new(packed.as_slice());
        let names = packed.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let is_program = entry.header().mode().unwrap() & 0o100 != 0;
            (
                entry.path().unwrap().to_string_lossy().into_owned(),
                is_program,
            )
        });
        let names: Vec<_> = names.collect();
        let expected = [
            ("00-pgs-tenant.sql", false),
            ("10-a.sql", false),
            ("20-b.sh", true),
            ("zz-pgs-tenant.sql", false),
        ];
        assert_eq!(
            names,
            expected.map(|(name, is_program)| (name.to_owned(), is_program))
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = archive(Path::new("/no/such/scripts"), &"acme".parse().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("/no/such/scripts") && error.remedy().is_some());
    }
}

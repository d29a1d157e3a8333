use pgs_core::{Error, ErrorKind, Result};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use time::{Duration, OffsetDateTime};

/// The files of a certificate that vouches for itself: for a first try, and for machines that all know it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelfSigned {
    /// The certificate, which is also what clients have to know (`sslrootcert`).
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Writes `server.crt` and `server.key` for these DNS names and IP addresses into a directory, which is made if it is not
/// there. Good for a year. Files that are there already are left alone, which is an error.
pub fn self_signed(names: &[String], directory: &Path) -> Result<SelfSigned> {
    let files = SelfSigned {
        certificate: directory.join("server.crt"),
        key: directory.join("server.key"),
    };
    for path in [&files.certificate, &files.key] {
        if path.exists() {
            let message = format!("`{}` is there already", path.display());
            return Err(Error::new(ErrorKind::AlreadyExists, message)
                .with_remedy("use it, remove both files, or choose another directory with --out"));
        }
    }
    let (certificate, key) = make(names).map_err(|error| {
        let message = format!("no certificate can be made for {names:?}: {error}");
        Error::new(ErrorKind::InvalidInput, message).with_remedy("name DNS names or IP addresses")
    })?;
    let failed = |path: &Path| {
        let message = format!("`{}` cannot be written", path.display());
        move |cause| Error::io(message, cause)
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    write(&files.key, &key, 0o600).map_err(failed(&files.key))?;
    write(&files.certificate, &certificate, 0o644).map_err(failed(&files.certificate))?;
    Ok(files)
}

fn make(names: &[String]) -> std::result::Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let common_name = names.first().map_or("localhost", String::as_str);
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = OffsetDateTime::now_utc();
    // Clocks differ.
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(365);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_proxy::{KeyPair, TlsServer, TlsSettings};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_proxy_can_use_the_pair_and_nobody_else_can_read_the_key() {
        let directory = tempfile::tempdir().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let files = self_signed(&names, &directory.path().join("tls")).unwrap();
        let mode = fs::metadata(&files.key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        TlsServer::load(TlsSettings::new(KeyPair {
            certificate: files.certificate,
            key: files.key,
        }))
        .unwrap();
    }

    #[test]
    fn files_that_are_there_are_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("server.key"), "precious").unwrap();
        let error = self_signed(&["localhost".to_owned()], directory.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let kept = fs::read_to_string(directory.path().join("server.key")).unwrap();
        assert_eq!(kept, "precious");
    }
}

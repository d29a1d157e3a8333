//! Certificates that tests make for themselves.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use time::{Duration, OffsetDateTime};

/// An authority that signs what a test needs.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// An authority of this name, which nobody knows.
    pub fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("there is randomness");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority can sign itself"))
    }

    /// What those who trust it have to know.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's certificate for these DNS names or addresses, valid today.
    pub fn server(&self, names: &[&str]) -> Issued {
        self.server_on(names, OffsetDateTime::now_utc())
    }

    /// A server's certificate whose time was over yesterday.
    pub fn expired_server(&self, names: &[&str]) -> Issued {
        self.server_on(names, OffsetDateTime::now_utc() - Duration::days(3))
    }

    /// A client's certificate, valid today.
    pub fn client(&self, common_name: &str) -> Issued {
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        self.issue(named(common_name, &[]), usage, OffsetDateTime::now_utc())
    }

    fn server_on(&self, names: &[&str], day: OffsetDateTime) -> Issued {
        let common_name = names.first().copied().unwrap_or("nobody");
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        self.issue(named(common_name, names), usage, day)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
        day: OffsetDateTime,
    ) -> Issued {
        params.extended_key_usages = vec![usage];
        params.not_before = day - Duration::days(2);
        params.not_after = day + Duration::days(2);
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.signed_by(&key, &self.0).expect("it can be signed");
        Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Issued {
    /// Writes `<stem>.crt` and `<stem>.key`, the key for nobody else's eyes, in place of what is there.
    pub fn write(&self, directory: &Path, stem: &str) -> (PathBuf, PathBuf) {
        let certificate = directory.join(format!("{stem}.crt"));
        let key = directory.join(format!("{stem}.key"));
        fs::write(&certificate, &self.certificate).expect("a certificate can be written");
        write_key(&key, &self.key);
        (certificate, key)
    }
}

/// Writes a key that nobody else can read, in place of what is there.
pub fn write_key(path: &Path, key: &str) {
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).expect("a key can be written");
    file.write_all(key.as_bytes())
        .expect("a key can be written");
}

fn named(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().copied().map(str::to_owned).collect();
    let mut params = CertificateParams::new(names).expect("they are names or addresses");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

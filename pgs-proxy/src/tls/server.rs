use super::{
    ClientAuth, KeyPair, TlsSettings, TlsVersion,
    certificate::{self, Certificate, PairBytes},
    client_ca::ClientCa,
    resolver::Certificates,
    watch,
};
use arc_swap::ArcSwap;
use pgs_core::{Error, ErrorKind, Result};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    server::NoServerSessionStorage,
    version::{TLS12, TLS13},
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// What a proxy speaks TLS with: certificates from files, which may be replaced while it runs.
///
/// Cheap to clone; all clones are the same server. Sessions that are there keep the certificate they began with.
#[derive(Clone, Debug)]
pub struct TlsServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<Loaded>,
    reloading: Mutex<()>,
}

/// What was in the files when they were last good.
#[derive(Debug)]
struct Loaded {
    certificates: Vec<Arc<Certificate>>,
    client_ca: Option<Arc<ClientCa>>,
    config: Arc<ServerConfig>,
}

/// What came of looking at the files again.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Reload {
    /// The certificate files, or the file of clients' authorities, from which something new is in use now.
    pub replaced: Vec<String>,
    /// Why files are not used; what was in use before goes on being used in their place.
    pub faults: Vec<Error>,
}

impl TlsServer {
    /// Reads the files, all of which have to be good. A certificate whose time is over, or has not come, is used with a
    /// warning, since clients that do not look at it can still connect.
    pub fn load(settings: TlsSettings) -> Result<Self> {
        if settings.pairs.is_empty() {
            let error = Error::new(ErrorKind::InvalidInput, "TLS needs a certificate");
            return Err(error.with_remedy("make a first one with: pgs tls self-signed"));
        }
        let provider = Arc::new(ring::default_provider());
        let mut certificates = Vec::new();
        for files in &settings.pairs {
            let certificate = PairBytes::read(files)?.parse(files, &provider)?;
            if let Some(how) = certificate.out_of_date() {
                tracing::warn!(certificate = %files.certificate.display(), "the certificate {how}");
            }
            certificates.push(Arc::new(certificate));
        }
        let client_ca = match settings
            .clients
            .as_ref()
            .map(|clients| &clients.authorities)
        {
            Some(path) => Some(Arc::new(ClientCa::parse(
                &certificate::read(path)?,
                path,
                &provider,
            )?)),
            None => None,
        };
        let loaded = Loaded::new(settings.min_version, &provider, certificates, client_ca)?;
        Ok(Self(Arc::new(Inner {
            settings,
            provider,
            current: ArcSwap::from_pointee(loaded),
            reloading: Mutex::default(),
        })))
    }

    /// Looks at the files again, and uses from the next handshake on what is new and good. Blocks while it reads.
    ///
    /// A new pair is not taken if a file is missing or not understood, if the key is not the certificate's, or if its
    /// dates rule it out while those of the old one do not.
    pub fn reload(&self) -> Reload {
        let _one_at_a_time = self
            .0
            .reloading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let old = self.0.current.load_full();
        let mut reload = Reload::default();
        let pairs = self.0.settings.pairs.iter().zip(&old.certificates);
        let certificates = pairs
            .map(|(files, old)| {
                let new = self.newer_pair(files, old);
                reload.take(&files.certificate, old, new)
            })
            .collect();
        let clients = self.0.settings.clients.as_ref().zip(old.client_ca.as_ref());
        let client_ca = clients.map(|(clients, old)| {
            let new = self.newer_client_ca(&clients.authorities, old);
            reload.take(&clients.authorities, old, new)
        });
        if !reload.replaced.is_empty() {
            self.swap(certificates, client_ca, &mut reload);
        }
        reload
    }

    /// Keeps looking whether the files have changed, and reloads them; says in the log what came of it. Ends when dropped.
    pub async fn watch(&self) -> std::convert::Infallible {
        watch::watch(self).await
    }

    /// Reloads the files because somebody asked for it, and says in the log what came of it. Blocks while it reads.
    pub fn reload_and_tell(&self) {
        let reload = self.reload();
        reload.tell();
        if reload.replaced.is_empty() && reload.faults.is_empty() {
            tracing::info!("the certificates in use are those in their files");
        }
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.current.load().config)
    }

    pub(super) fn settings(&self) -> &TlsSettings {
        &self.0.settings
    }

    /// Whether a session without a client's certificate is refused.
    pub(crate) fn needs_client_certificate(&self) -> bool {
        let clients = self.0.settings.clients.as_ref();
        clients.is_some_and(|clients| clients.auth == ClientAuth::Require)
    }

    /// None if nothing has changed.
    fn newer_pair(&self, files: &KeyPair, old: &Certificate) -> Result<Option<Certificate>> {
        let bytes = PairBytes::read(files)?;
        if bytes.made(old) {
            return Ok(None);
        }
        let new = bytes.parse(files, &self.0.provider)?;
        match new.out_of_date() {
            Some(how) if old.out_of_date().is_none() => Err(worse(files, how)),
            _ => Ok(Some(new)),
        }
    }

    fn newer_client_ca(&self, path: &Path, old: &ClientCa) -> Result<Option<ClientCa>> {
        let pem = certificate::read(path)?;
        if old.is_from(&pem) {
            return Ok(None);
        }
        ClientCa::parse(&pem, path, &self.0.provider).map(Some)
    }

    fn swap(
        &self,
        certificates: Vec<Arc<Certificate>>,
        client_ca: Option<Arc<ClientCa>>,
        reload: &mut Reload,
    ) {
        let version = self.0.settings.min_version;
        match Loaded::new(version, &self.0.provider, certificates, client_ca) {
            Ok(loaded) => self.0.current.store(Arc::new(loaded)),
            Err(error) => {
                reload.replaced.clear();
                reload.faults.push(error);
            }
        }
    }
}

impl Loaded {
    fn new(
        min_version: TlsVersion,
        provider: &Arc<CryptoProvider>,
        certificates: Vec<Arc<Certificate>>,
        client_ca: Option<Arc<ClientCa>>,
    ) -> Result<Self> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(versions(min_version))
            .map_err(|error| Error::new(ErrorKind::Internal, format!("TLS: {error}")))?;
        let builder = match &client_ca {
            Some(client_ca) => builder.with_client_cert_verifier(Arc::clone(&client_ca.verifier)),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(Certificates(certificates.clone())));
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(Self {
            certificates,
            client_ca,
            config: Arc::new(config),
        })
    }
}

impl Reload {
    /// What is used from now on: the old one, where the new one is no good.
    fn take<T>(&mut self, path: &Path, old: &Arc<T>, new: Result<Option<T>>) -> Arc<T> {
        match new {
            Ok(None) => Arc::clone(old),
            Ok(Some(new)) => {
                self.replaced.push(path.display().to_string());
                Arc::new(new)
            }
            Err(error) => {
                self.faults.push(error);
                Arc::clone(old)
            }
        }
    }

    pub(super) fn tell(&self) {
        for file in &self.replaced {
            tracing::info!(%file, "a new certificate is in use from the next connection on");
        }
        for fault in &self.faults {
            let remedy = fault.remedy().unwrap_or_default();
            tracing::error!(error = %fault.chain(), remedy, "a certificate was not replaced, the old one stays in use");
        }
    }
}

fn versions(min_version: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    match min_version {
        TlsVersion::V1_2 => &FROM_1_2,
        TlsVersion::V1_3 => &FROM_1_3,
    }
}

static FROM_1_2: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
static FROM_1_3: [&SupportedProtocolVersion; 1] = [&TLS13];

fn worse(files: &KeyPair, how: &str) -> Error {
    let message = format!(
        "the new certificate `{}` {how}",
        files.certificate.display()
    );
    Error::new(ErrorKind::InvalidInput, message)
        .with_remedy("put a certificate there that is valid now; the old one still is")
}

/// Source: `src/include/libpq/pqcomm.h`, `PG_ALPN_PROTOCOL`.
const ALPN: &[u8] = b"postgresql";

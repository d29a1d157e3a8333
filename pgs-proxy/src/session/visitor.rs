use crate::{PeerAddress, TlsVersion, printable::printable, tls::TlsFacts};
use pgs_core::wire::StartupMessage;
use std::{sync::Arc, time::Instant};

/// What a client said of itself, and how it came in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    names: Names,
    pub(crate) peer: PeerAddress,
    /// The address of the listener.
    pub(crate) listener: Arc<str>,
    pub(crate) tls: Option<TlsVersion>,
    certificate: Option<Box<str>>,
    /// When its startup packet was read.
    pub(crate) since: Instant,
}

/// User, database and application name in one piece of memory: no name has a zero byte in it.
#[derive(Clone, Debug)]
struct Names(Box<[u8]>);

impl Visitor {
    pub(crate) fn new(
        startup: &StartupMessage<'_>,
        peer: PeerAddress,
        tls: Option<&TlsFacts>,
        listener: &Arc<str>,
    ) -> Self {
        Self {
            names: Names::of(startup),
            peer,
            listener: Arc::clone(listener),
            tls: tls.map(|tls| tls.version),
            certificate: tls.and_then(common_name),
            since: Instant::now(),
        }
    }

    /// The common name in its certificate, if it has shown one.
    pub(crate) fn certificate(&self) -> Option<String> {
        let name = self.certificate.as_deref()?;
        Some(printable(name.as_bytes()))
    }

    pub(crate) fn user(&self) -> String {
        self.names.nth(0)
    }

    pub(crate) fn database(&self) -> String {
        self.names.nth(1)
    }

    /// As it was at the start; a client may change it later.
    pub(crate) fn application_name(&self) -> Option<String> {
        Some(self.names.nth(2)).filter(|name| !name.is_empty())
    }
}

fn common_name(tls: &TlsFacts) -> Option<Box<str>> {
    tls.certificate.as_ref()?.common_name.clone()
}

impl Names {
    fn of(startup: &StartupMessage<'_>) -> Self {
        let application = startup.params().value_of(b"application_name");
        let application = application.unwrap_or_default();
        let application = application.get(..LONGEST).unwrap_or(application);
        Self(
            [startup.user(), startup.database(), application]
                .join(&0)
                .into(),
        )
    }

    fn nth(&self, n: usize) -> String {
        printable(self.0.split(|byte| *byte == 0).nth(n).unwrap_or_default())
    }
}

/// PostgreSQL cuts an application name as it cuts every other. Source: `NAMEDATALEN - 1`, `pg_config_manual.h`.
const LONGEST: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::wire::{FirstPacket, ProtocolVersion, client};

    fn visitor(params: &[(&[u8], &[u8])]) -> Visitor {
        let mut packet = Vec::new();
        client::startup(ProtocolVersion::V3_0, params.iter().copied(), &mut packet);
        match FirstPacket::parse(&packet) {
            Ok(Some((FirstPacket::Startup(startup), _))) => {
                Visitor::new(&startup, PeerAddress::Unix, None, &"here".into())
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn names_are_kept_as_the_server_sees_them() {
        let long = [b'x'; 100];
        let told = visitor(&[
            (b"user", b"acme"),
            (b"database", b"d\n"),
            (b"application_name", &long),
        ]);
        assert_eq!(
            (told.user(), told.database()),
            ("acme".into(), "d\\n".into())
        );
        assert_eq!(told.application_name(), Some("x".repeat(63)));
    }

    #[test]
    fn a_database_defaults_to_the_user_and_an_application_needs_no_name() {
        let told = visitor(&[(b"user", b"acme")]);
        assert_eq!(told.database(), "acme");
        assert_eq!(told.application_name(), None);
    }
}

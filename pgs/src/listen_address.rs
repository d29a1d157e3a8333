use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::UnixAddress;
use std::{fmt, net::SocketAddr, path::Path, str::FromStr};

/// Where a proxy listens, and where its clients find it.
///
/// - `127.0.0.1:5432` or `[::1]:5432`: an address with a port;
/// - `unix:/run/pgs` or `unix:/run/pgs:6432`: the folder of a Unix socket, whose clients name it as their host, and the
///   port in its name, 5432 unless given.
///
/// ```
/// let address: pgs::ListenAddress = "unix:/run/pgs".parse()?;
/// assert_eq!(address.to_string(), "unix:/run/pgs:5432");
/// # Ok::<(), pgs::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListenAddress {
    /// An address with a port.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(UnixAddress),
}

impl ListenAddress {
    /// Whether only clients on this machine can connect to it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// The port, or the one in the name of a Unix socket.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self {
            Self::Tcp(address) => address.port(),
            Self::Unix(address) => address.port(),
        }
    }

    /// Like its text form, but for TCP also with a host name in front of the port.
    pub(crate) async fn resolve(text: &str) -> Result<Self> {
        if text.starts_with(UNIX) {
            return text.parse();
        }
        let mut found = tokio::net::lookup_host(text)
            .await
            .map_err(|source| invalid(text).with_source(source))?;
        found.next().map(Self::Tcp).ok_or_else(|| invalid(text))
    }
}

impl FromStr for ListenAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some(place) = text.strip_prefix(UNIX) else {
            return text.parse().map(Self::Tcp).map_err(|_| invalid(text));
        };
        let with_port = place
            .rsplit_once(':')
            .and_then(|(folder, port)| Some((folder, port.parse::<u16>().ok()?)));
        let (folder, port) = with_port.unwrap_or((place, PORT));
        if !Path::new(folder).is_absolute() || port == 0 {
            return Err(invalid(text));
        }
        Ok(Self::Unix(UnixAddress::new(folder, port)))
    }
}

/// Parses back to the same.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(address) => {
                write!(f, "{UNIX}{}:{}", address.folder().display(), address.port())
            }
        }
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

fn invalid(text: &str) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        format!("`{text}` is neither an address with a port nor the folder of a Unix socket"),
    )
    .with_remedy("write it as 127.0.0.1:5432, [::1]:5432, localhost:5432, unix:/run/pgs or unix:/run/pgs:6432")
}

const UNIX: &str = "unix:";
/// `PostgreSQL`'s own.
const PORT: u16 = 5432;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for (text, written) in [
            ("127.0.0.1:5432", "127.0.0.1:5432"),
            ("[::1]:6432", "[::1]:6432"),
            ("unix:/run/pgs", "unix:/run/pgs:5432"),
            ("unix:/run/pgs:6432", "unix:/run/pgs:6432"),
            ("unix:/run/a:b", "unix:/run/a:b:5432"),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse::<ListenAddress>().unwrap(), address);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        for text in [
            "",
            "5432",
            "127.0.0.1",
            "unix:",
            "unix:run/pgs",
            "unix:/run/pgs:0",
        ] {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }
}

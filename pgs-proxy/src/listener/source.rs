use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};

/// A socket that connections are accepted from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// On an IP address.
    Tcp(TcpListener),
    /// On a path.
    Unix(UnixListener),
}

impl Listener {
    /// Its address, as logs and lists name it.
    pub(crate) fn name(&self) -> Arc<str> {
        let name = match self {
            Self::Tcp(listener) => listener.local_addr().map(|address| address.to_string()),
            Self::Unix(listener) => listener.local_addr().map(|address| {
                let path = address.as_pathname();
                path.map_or_else(String::new, |path| path.display().to_string())
            }),
        };
        name.unwrap_or_default().into()
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

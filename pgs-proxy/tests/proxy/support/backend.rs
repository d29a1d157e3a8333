use super::soon;
use pgs_core::Endpoint;
use std::fmt::Debug;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
};

/// A tenant's server, as far as a test plays it.
#[derive(Debug)]
pub(crate) enum Backend {
    Unix(UnixListener, TempDir),
    Tcp(TcpListener),
}

impl Backend {
    pub(crate) fn unix() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        Self::Unix(listener, folder)
    }

    pub(crate) fn tcp() -> Self {
        Self::Tcp(pgs_proxy::bind("127.0.0.1:0".parse().unwrap()).unwrap())
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Unix(_, folder) => Endpoint::Unix(folder.path().join("s")),
            Self::Tcp(listener) => Endpoint::Tcp(listener.local_addr().unwrap()),
        }
    }

    pub(crate) async fn accept(&self) -> Session {
        Session(match self {
            Self::Unix(listener, _) => Box::new(soon(listener.accept()).await.unwrap().0),
            Self::Tcp(listener) => Box::new(soon(listener.accept()).await.unwrap().0),
        })
    }
}

pub(crate) trait Socket: AsyncRead + AsyncWrite + Debug + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Socket for T {}

/// The server's side of one connection.
#[derive(Debug)]
pub(crate) struct Session(pub(crate) Box<dyn Socket>);

impl Session {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        soon(self.0.write_all(bytes)).await.unwrap();
    }

    pub(crate) async fn expect(&mut self, bytes: &[u8]) {
        let mut read = vec![0; bytes.len()];
        soon(self.0.read_exact(&mut read)).await.unwrap();
        assert_eq!(read, bytes);
    }

    /// What comes before the end; a reset counts as an end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        rest
    }

    pub(crate) async fn finish(&mut self) {
        soon(self.0.shutdown()).await.unwrap();
    }
}

/// What a server says to a client that is let in.
pub(crate) fn login(pid: u32, key: &[u8]) -> Vec<u8> {
    let mut out = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x0Da\0bcdefg\0K".to_vec();
    out.extend(u32::try_from(8 + key.len()).unwrap().to_be_bytes());
    out.extend(pid.to_be_bytes());
    out.extend(key);
    out.extend(b"Z\0\0\0\x05I");
    out
}

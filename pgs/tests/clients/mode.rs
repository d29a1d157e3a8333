use crate::{common::Stage, tls_door::TlsDoor};
use std::{fmt, net::SocketAddr, path::PathBuf};

/// How a client's bytes reach the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As they are.
    Plain,
    /// In TLS, after a request for it.
    Tls,
    /// In TLS from the first byte on.
    Direct,
}

impl Mode {
    /// Every way there is.
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Tls, Self::Direct];
    /// What drivers can do that are older than direct TLS.
    pub(crate) const REQUESTED: [Self; 2] = [Self::Plain, Self::Tls];

    /// What an errand's environment calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::Direct => "direct",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A way to a tenant.
pub(crate) struct Way<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) mode: Mode,
    pub(crate) host: &'static str,
    pub(crate) address: SocketAddr,
    /// The file of the certificate that vouches for the server's.
    pub(crate) root: PathBuf,
}

impl<'a> Way<'a> {
    /// In the clear to the proxy that knows no TLS; in TLS to the one that demands it.
    pub(crate) fn through(mode: Mode, stage: &'a Stage, door: &TlsDoor) -> Self {
        let (host, address) = match mode {
            Mode::Plain => ("127.0.0.1", stage.address()),
            Mode::Tls | Mode::Direct => ("localhost", door.address()),
        };
        Self {
            stage,
            mode,
            host,
            address,
            root: door.root(),
        }
    }
}

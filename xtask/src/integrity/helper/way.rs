/// Over which sockets the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Way {
    /// TCP on both sides, in the clear: the kernel moves bulk both ways.
    Tcp,
    /// To a server's Unix socket, as tenants have it: the kernel moves bulk upwards only.
    Tenant,
    /// TCP on both sides, but this user has as many pipes as he may: all is copied.
    NoPipes,
    /// Unix sockets on both sides: all is copied.
    Unix,
    /// TLS to the client, TCP to the server: all is copied.
    TlsTcp,
    /// TLS to the client, a Unix socket to the server: all is copied.
    TlsTenant,
}

impl Way {
    pub(crate) fn has_tls(self) -> bool {
        matches!(self, Self::TlsTcp | Self::TlsTenant)
    }

    /// Whether the server is reached by TCP.
    pub(crate) fn ends_in_tcp(self) -> bool {
        matches!(self, Self::Tcp | Self::NoPipes | Self::TlsTcp)
    }

    /// Whether the proxy may use pipes, and so has to; None where it may try.
    pub(crate) fn has_pipes(self) -> Option<bool> {
        match self {
            Self::Tcp | Self::Tenant => Some(true),
            Self::Unix | Self::TlsTcp | Self::TlsTenant => Some(false),
            Self::NoPipes => None,
        }
    }
}

use crate::ListenAddress;
use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::{Listener, ListenerPolicy, SocketFiles, UnixAddress};
use std::io;

/// A listener that can be accepted from.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) listener: Listener,
    /// With the port that the operating system chose; none for a Unix socket whose name no client would look for.
    pub(crate) address: Option<ListenAddress>,
    /// Of a Unix socket.
    pub(crate) files: Option<SocketFiles>,
    /// Whose files are still those of the process that gave the listener away.
    pub(crate) unadopted: Option<UnixAddress>,
}

impl Opened {
    /// Listens at an address.
    pub(crate) fn at(address: ListenAddress, policy: &ListenerPolicy, text: &str) -> Result<Self> {
        open(address, policy).map_err(|source| cannot_listen(text, source))
    }

    /// A listener that another process gives away. The files of its Unix socket are to be [adopted](adopt) once nothing can
    /// fail any more: until then that process may have to go on, and needs them.
    pub(crate) fn taken_over(listener: Listener) -> Self {
        let mut opened = Self::passed(listener);
        if let Some(ListenAddress::Unix(address)) = &opened.address {
            opened.unadopted = Some(address.clone());
        }
        opened
    }

    /// A listener whose files are somebody else's.
    pub(crate) fn passed(listener: Listener) -> Self {
        let tcp = listener.ip_address().map(ListenAddress::Tcp);
        let unix = || Some(ListenAddress::Unix(UnixAddress::of(&listener.path()?)?));
        Self {
            address: tcp.or_else(unix),
            listener,
            files: None,
            unadopted: None,
        }
    }
}

/// Makes the files of a Unix socket this process's own. What cannot be adopted is no reason to fail: the socket serves.
pub(crate) fn adopt(address: &UnixAddress) -> Option<SocketFiles> {
    let adopted = SocketFiles::adopt(address);
    let warn = |error: &io::Error| {
        let socket = address.path();
        tracing::warn!(
            %error,
            socket = %socket.display(),
            "the socket's lock still names the process that was taken over from, which removes the socket when it ends: restart pgs serve once it has"
        );
    };
    adopted.inspect_err(warn).ok()
}

/// Who may stand before a Unix socket.
pub(crate) fn check(address: &ListenAddress, policy: &ListenerPolicy, text: &str) -> Result<()> {
    let is_unix = matches!(address, ListenAddress::Unix(_));
    if !is_unix || policy.proxy_protocol.is_none() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("`proxy_protocol` makes no sense on `{text}`: who connects to a Unix socket has no address to trust"),
    )
    .with_remedy("let the load balancer connect to a listener on 127.0.0.1 instead"))
}

fn open(address: ListenAddress, policy: &ListenerPolicy) -> io::Result<Opened> {
    match address {
        ListenAddress::Tcp(address) => {
            let listener = pgs_proxy::bind(address)?;
            Ok(Opened {
                address: Some(listener.local_addr()?.into()),
                listener: listener.into(),
                files: None,
                unadopted: None,
            })
        }
        ListenAddress::Unix(address) => {
            let mode = policy.socket_mode.unwrap_or(SOCKET_MODE);
            let (listener, files) = pgs_proxy::bind_unix(&address, mode)?;
            Ok(Opened {
                listener: listener.into(),
                address: Some(ListenAddress::Unix(address)),
                files: Some(files),
                unadopted: None,
            })
        }
    }
}

pub(crate) fn cannot_listen(address: &str, source: io::Error) -> Error {
    let error = match source.kind() {
        io::ErrorKind::AddrInUse => Error::new(
            ErrorKind::AlreadyExists,
            format!("something else listens on `{address}` already"),
        )
        .with_remedy(
            "choose another port with --listen, such as 127.0.0.1:6432; to take the place of another pgs serve, use --takeover",
        ),
        io::ErrorKind::NotFound => Error::new(
            ErrorKind::InvalidInput,
            format!("the folder of `{address}` does not exist"),
        )
        .with_remedy("make it, or choose another one with --listen"),
        _ => Error::io(
            format!("cannot listen on `{address}`"),
            io::Error::from(source.kind()),
        ),
    };
    error.with_source(source)
}

/// Like `PostgreSQL`'s `unix_socket_permissions`: a socket that everybody may connect to is as open as a port of the
/// loopback address, and every login needs a password.
const SOCKET_MODE: u32 = 0o777;

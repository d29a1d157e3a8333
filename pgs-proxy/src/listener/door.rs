use super::{Accepted, Listener, PeerAddress, acceptor::Acceptor};
use crate::socket;
use std::io;

/// A listener while it is accepted from.
#[derive(Debug)]
pub(crate) struct Door(Acceptor);

impl Door {
    pub(crate) fn open(listener: Listener) -> io::Result<Self> {
        if let Listener::Tcp(listener) = &listener {
            socket::tune_listener(listener);
        }
        Acceptor::of(listener).map(Self)
    }

    /// The next connection that is still there.
    pub(crate) async fn accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        loop {
            match self.0.accept().await {
                Err(error) if is_the_clients(&error) => {}
                accepted => return accepted,
            }
        }
    }
}

/// The connection was gone before it was accepted; the listener is well.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

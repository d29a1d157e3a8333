use super::{TlsFacts, TlsLeg, TlsServer, Turns, prefixed::Prefixed};
use std::io;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Does the server's side of a handshake whose first bytes are `sent`. The alert that says what is wrong with the client's
/// is on its way when the socket comes back.
pub(crate) async fn accept(
    server: &TlsServer,
    turns: &Turns,
    sent: Vec<u8>,
    stream: TcpStream,
) -> Result<Secured, (io::Error, TcpStream)> {
    let acceptor = TlsAcceptor::from(server.config());
    let accepting = acceptor.accept(Prefixed::new(sent, stream)).into_fallible();
    match turns.take(accepting).await {
        Ok(mut stream) => {
            let (io, connection) = stream.get_mut();
            io.lift();
            Ok(Secured {
                facts: TlsFacts::of(connection),
                names_protocol: connection.alpn_protocol().is_some(),
                leg: TlsLeg(stream),
            })
        }
        Err((error, io)) => Err((error, io.stream)),
    }
}

/// A client whose TLS is established.
#[derive(Debug)]
pub(crate) struct Secured {
    pub(crate) leg: TlsLeg,
    pub(crate) facts: TlsFacts,
    /// Whether it said that it speaks PostgreSQL's protocol, by ALPN.
    pub(crate) names_protocol: bool,
}

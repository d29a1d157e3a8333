use crate::{Frame, Hello, LIMIT};
use rustls::{ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{IpAddr, Shutdown, SocketAddr, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
};

/// A client that sends the bytes it is told to, and shows exactly what comes back and how it ends.
///
/// It blocks, and gives up with a panic after [`LIMIT`].
#[derive(Debug)]
pub struct RawClient {
    stream: Stream,
    unread: Vec<u8>,
}

/// How the server's side of a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// In order (FIN).
    Finished,
    /// With a reset (RST).
    Reset,
    /// In order, but TLS was not ended before (no `close_notify`).
    Torn,
}

impl RawClient {
    /// Connects over TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, LIMIT)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        // What is sent in two pieces is to arrive in two pieces.
        stream.set_nodelay(true).expect("the socket is open");
        Self::over(Stream::Tcp(stream))
    }

    /// Connects over TCP from this address of the machine, which it must have: every Linux has all of 127.0.0.0/8.
    pub fn tcp_from(source: IpAddr, address: SocketAddr) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::new(source, 0).into())?;
        socket.connect_timeout(&address.into(), LIMIT)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        Ok(Self::over(Stream::Tcp(stream)))
    }

    /// Connects over a Unix socket.
    pub fn unix(path: &Path) -> Self {
        let stream = UnixStream::connect(path)
            .unwrap_or_else(|error| panic!("cannot connect to {}: {error}", path.display()));
        Self::over(Stream::Unix(stream))
    }

    fn over(stream: Stream) -> Self {
        stream.limit_waiting().expect("the socket is open");
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// Goes on in TLS, whose first message has been sent. What comes back is the server's half of the handshake.
    pub fn shake_hands(&mut self, hello: Hello) -> Result<(), String> {
        let Stream::Tcp(stream) = &self.stream else {
            panic!("only a TCP connection in the clear can be secured");
        };
        let mut stream = stream.try_clone().expect("the socket is open");
        let mut connection = hello.connection;
        // The server may have been quick, and then the beginning of its half is here already.
        let early = std::mem::take(&mut self.unread);
        let mut early = early.as_slice();
        while !early.is_empty() {
            let taken = connection.read_tls(&mut early);
            taken.map_err(|error| error.to_string())?;
            let processed = connection.process_new_packets();
            processed.map_err(|error| error.to_string())?;
        }
        while connection.is_handshaking() {
            let done = connection.complete_io(&mut stream);
            done.map_err(|error| error.to_string())?;
        }
        self.stream = Stream::Tls(Box::new(StreamOwned::new(connection, stream)));
        Ok(())
    }

    /// Whether this is TLS.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Sends these bytes. A server that no longer listens is not an error here: what it said last can still be read.
    pub fn send(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Err(error) if !is_gone(&error) => panic!("cannot send: {error}"),
            _ => {}
        }
    }

    /// Closes this client's side (FIN) and goes on listening.
    pub fn finish(&mut self) {
        match self.stream.finish() {
            Err(error) if !is_gone(&error) => panic!("cannot shut down: {error}"),
            _ => {}
        }
    }

    /// Exactly so many bytes, or fewer when the connection ends before.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count && self.read_more().is_ok() {}
        self.unread.drain(..count.min(self.unread.len())).collect()
    }

    /// The next message, or how the connection ended between two messages.
    pub fn frame(&mut self) -> Result<Frame, Closing> {
        loop {
            if let Some((frame, length)) = Frame::parse(&self.unread) {
                self.unread.drain(..length);
                return Ok(frame);
            }
            self.read_more().inspect_err(|closing| {
                let torn = self.unread.escape_ascii();
                assert!(
                    self.unread.is_empty(),
                    "{closing:?} inside a message: {torn}"
                );
            })?;
        }
    }

    /// The messages up to and including the first one with this tag.
    pub fn frames_until(&mut self, tag: u8) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        while frames.last().is_none_or(|last| last.tag != tag) {
            match self.frame() {
                Ok(frame) => frames.push(frame),
                Err(end) => panic!("{end:?} before {}: {frames:?}", char::from(tag)),
            }
        }
        frames
    }

    /// Everything until the server closes, and how it does.
    pub fn rest(&mut self) -> (Vec<u8>, Closing) {
        loop {
            if let Err(closing) = self.read_more() {
                return (std::mem::take(&mut self.unread), closing);
            }
        }
    }

    /// The answers to a simple query, up to `ReadyForQuery`.
    pub fn ask(&mut self, sql: &str) -> Vec<Frame> {
        self.send(&crate::message::query(sql));
        self.frames_until(b'Z')
    }

    /// The rows of a query that has to succeed.
    pub fn rows(&mut self, sql: &str) -> Vec<Vec<Option<String>>> {
        let answers = self.ask(sql);
        let failed = answers.iter().find(|frame| frame.tag == b'E');
        assert_eq!(failed, None, "{sql}");
        let rows = answers.iter().filter(|frame| frame.tag == b'D');
        rows.map(Frame::columns).collect()
    }

    /// The first column of the only row of a query.
    pub fn value(&mut self, sql: &str) -> String {
        match self.rows(sql).as_slice() {
            [row] => row.first().cloned().flatten().unwrap_or_default(),
            rows => panic!("{sql}: {} rows", rows.len()),
        }
    }

    fn read_more(&mut self) -> Result<(), Closing> {
        let mut chunk = [0; 16 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => Err(Closing::Finished),
            Ok(count) => {
                self.unread.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) if is_gone(&error) => Err(Closing::Reset),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Closing::Torn),
            Err(error) => panic!(
                "nothing comes after {}: {error}",
                self.unread.escape_ascii()
            ),
        }
    }
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn limit_waiting(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream
                .set_read_timeout(Some(LIMIT))
                .and_then(|()| stream.set_write_timeout(Some(LIMIT))),
            Self::Unix(stream) => stream
                .set_read_timeout(Some(LIMIT))
                .and_then(|()| stream.set_write_timeout(Some(LIMIT))),
            // It shares the limits of the socket it was made of.
            Self::Tls(_) => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            Self::Tls(stream) => {
                stream.conn.send_close_notify();
                stream.flush()?;
                stream.sock.shutdown(Shutdown::Write)
            }
        }
    }

    fn read(&mut self, chunk: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(chunk),
            Self::Unix(stream) => stream.read(chunk),
            Self::Tls(stream) => read_only(stream, chunk),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Unix(stream) => stream.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

/// Reads without writing what is still to be written: to a server that no longer listens that fails, and its last words
/// would stay unread.
fn read_only(
    stream: &mut StreamOwned<ClientConnection, TcpStream>,
    chunk: &mut [u8],
) -> io::Result<usize> {
    loop {
        match stream.conn.reader().read(chunk) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
        stream.conn.read_tls(&mut stream.sock)?;
        let processed = stream.conn.process_new_packets();
        processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair() -> (RawClient, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = RawClient::tcp(listener.local_addr().unwrap());
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn an_end_in_order_is_not_a_reset() {
        let (mut client, mut server) = pair();
        server.write_all(b"N").unwrap();
        drop(server);
        assert_eq!(client.rest(), (b"N".to_vec(), Closing::Finished));
    }

    #[test]
    fn closing_on_unread_input_is_a_reset() {
        let (mut client, server) = pair();
        client.send(b"x");
        assert_eq!(server.peek(&mut [0]).unwrap(), 1);
        drop(server);
        assert_eq!(client.rest(), (Vec::new(), Closing::Reset));
    }

    #[test]
    fn messages_are_cut_out_of_whatever_comes() {
        let (mut client, mut server) = pair();
        server.write_all(b"NZ\0\0\0\x05IE\0\0").unwrap();
        server.write_all(b"\0\x04").unwrap();
        assert_eq!(client.bytes(1), b"N");
        assert_eq!(client.frames_until(b'E').len(), 2);
    }
}

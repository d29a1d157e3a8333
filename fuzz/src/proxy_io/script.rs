/// What client and server do in one connection.
#[derive(Debug)]
pub(super) struct Script<'a> {
    pub(super) client: Part<'a>,
    pub(super) backend: Part<'a>,
    /// Whether a client that is refused may know why.
    pub(super) is_frank: bool,
    /// Whether the client closes at once instead of ending its side and reading what comes.
    pub(super) client_drops: bool,
    pub(super) server: Server,
}

/// How the tenant's server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// It hears its client out, speaks and closes.
    Attentive,
    /// It speaks and closes without reading anything.
    Deaf,
    /// It does not listen.
    Absent,
}

/// Bytes, and how many of them are sent at a time.
#[derive(Debug)]
pub(super) struct Part<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl<'a> Script<'a> {
    /// A switch, two piece sizes, the length of the client's bytes (two bytes), those, and the server's bytes.
    pub(super) fn read(data: &'a [u8]) -> Self {
        let (head, rest) = data.split_at(data.len().min(HEAD));
        let byte = |index: usize| head.get(index).copied().unwrap_or_default();
        let length = usize::from(u16::from_be_bytes([byte(3), byte(4)]));
        let (client, backend) = rest.split_at(length.min(rest.len()));
        let switched = |bit: u8| byte(0) & (1 << bit) != 0;
        Self {
            client: Part::new(client, byte(1)),
            backend: Part::new(backend, byte(2)),
            is_frank: !switched(0),
            client_drops: switched(1),
            server: match (switched(3), switched(2)) {
                (true, _) => Server::Absent,
                (false, true) => Server::Deaf,
                (false, false) => Server::Attentive,
            },
        }
    }
}

impl<'a> Part<'a> {
    fn new(bytes: &'a [u8], size: u8) -> Self {
        let size = (usize::from(size) + 1).max(bytes.len().div_ceil(MOST_PIECES));
        Self { bytes, size }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.bytes.chunks(self.size)
    }
}

const HEAD: usize = 5;
/// Each piece costs a turn of the whole machinery.
const MOST_PIECES: usize = 24;

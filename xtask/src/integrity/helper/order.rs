/// Who ends a session, and when. Whatever it is, nothing may be lost on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The client ends what it sends as soon as it is through, and the server goes on.
    ClientSpoke,
    /// The client ends when it has heard everything, too; then the server ends.
    ClientHeard,
    /// The server ends when it has heard and said everything; then the client ends.
    Server,
}

impl Order {
    pub(crate) fn of(seed: u64) -> Self {
        match seed % 3 {
            0 => Self::ClientSpoke,
            1 => Self::ClientHeard,
            _ => Self::Server,
        }
    }
}

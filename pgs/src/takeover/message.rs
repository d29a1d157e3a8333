use serde::{Deserialize, Serialize};

/// What these processes say to each other. A process of another version is told so in words; see [`Answer::Refused`].
pub(super) const VERSION: u32 = 1;

/// The first message of whoever connects.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) version: u32,
    pub(super) wish: Wish,
}

/// As much of a first message as every version has.
#[derive(Debug, Deserialize)]
pub(super) struct Greeting {
    pub(super) version: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    /// The listening sockets.
    Takeover,
    /// A cancel request whose key the sender does not have.
    Cancel(Vec<u8>),
    /// That a process that was replaced ends its sessions, because the one in its place stops.
    Stop,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// Why not, for a person. Every version can say this.
    Refused(String),
    /// Another process is just taking over.
    Busy,
    /// A descriptor of each listener follows.
    Offer(Offer),
    /// This process was replaced already and listens no more.
    Replaced,
    /// It is done.
    Done,
    /// Whether the key was one of this process's.
    Cancelled(bool),
}

/// What a successor gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offer {
    /// The listeners' addresses as they are configured.
    pub(super) addresses: Vec<String>,
    /// The control sockets of the processes that this one took over from, and they from others.
    pub(super) ancestors: Vec<String>,
}

/// The successor accepts connections.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Accepting {}

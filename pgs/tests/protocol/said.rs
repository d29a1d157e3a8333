//! What a client hears, without what differs between any two connections.

use testkit::{Frame, Greeting, RawClient, conformance::mask::masked};

/// Everything that is said, and whether that was the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) frames: Vec<Frame>,
    pub(crate) ended: bool,
}

impl Said {
    pub(crate) fn sqlstate(&self) -> Option<String> {
        self.frames.iter().find_map(Frame::sqlstate)
    }
}

impl From<Greeting> for Said {
    fn from(greeting: Greeting) -> Self {
        Self {
            ended: !greeting.is_ready(),
            frames: masked(&greeting.frames),
        }
    }
}

/// All messages up to the end of the connection.
pub(crate) fn said(client: &mut RawClient) -> Said {
    let (bytes, _) = client.rest();
    Said {
        frames: masked(&Frame::all(&bytes)),
        ended: true,
    }
}

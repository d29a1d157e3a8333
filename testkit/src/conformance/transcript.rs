use crate::{Closing, Frame};

/// All that a client heard.
#[derive(Debug)]
pub(super) struct Transcript {
    pub(super) heard: Vec<Heard>,
    /// Whether something came between the end of the script and the end of the connection.
    pub(super) has_last_words: bool,
    pub(super) closing: Closing,
    /// Whether its first byte was in TLS already.
    pub(super) began_in_tls: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message, without what differs between any two connections.
    Message(Frame),
    /// Bytes that are no message.
    Bytes(String),
    Note(String),
}

impl Heard {
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.escape_ascii().to_string())
    }

    fn frame(&self) -> Option<&Frame> {
        match self {
            Self::Message(frame) => Some(frame),
            Self::Bytes(_) | Self::Note(_) => None,
        }
    }
}

impl Transcript {
    /// The tags of the messages, and the first SQLSTATE among them.
    pub(super) fn gist(&self) -> (String, Option<String>) {
        let frames = || self.heard.iter().filter_map(Heard::frame);
        let tags = frames().map(|frame| char::from(frame.tag)).collect();
        (tags, frames().find_map(Frame::sqlstate))
    }

    /// What a client may have missed, if so: a reset destroys what is still on its way.
    ///
    /// The real server may end with a reset where it leaves input unread, so this is asked of the candidate only.
    pub(super) fn unsafe_end(&self) -> Option<String> {
        let frames = self.heard.iter().filter_map(Heard::frame);
        let must_arrive = self.has_last_words || frames.into_iter().any(|frame| frame.tag == b'Z');
        (must_arrive && self.closing == Closing::Reset)
            .then(|| "it ends with a reset, and its last words may be lost".to_owned())
    }

    /// What only one of the two says, since conversations are long; nothing where they say the same.
    pub(super) fn difference(&self, judge: &Self) -> Option<String> {
        if self.heard == judge.heard {
            return None;
        }
        let missing = |from: &Self, in_this: &Self| -> Vec<String> {
            let only = from.heard.iter().filter(|it| !in_this.heard.contains(it));
            only.map(|it| format!("{it:?}")).collect()
        };
        Some(format!(
            "only the candidate says: {:#?}\nonly the judge says: {:#?}\n(or in another order: {:?} and {:?})",
            missing(self, judge),
            missing(judge, self),
            self.gist(),
            judge.gist()
        ))
    }
}

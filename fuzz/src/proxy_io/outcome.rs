use super::{
    house::Seen,
    script::{Script, Server},
};
use crate::answer::has_only_tags;
use pgs_core::handshake::{Action, Handshake, TlsOffer};

/// What has to come of a script, told by the handshake alone.
#[derive(Debug)]
pub(super) struct Foretold {
    /// What the client hears before anything else.
    said: Vec<u8>,
    then: Then,
}

#[derive(Debug)]
enum Then {
    /// The server gets these bytes.
    Session(Vec<u8>),
    /// The client is refused.
    Refusal,
    /// Nothing more.
    Silence,
}

/// Plays the proxy's part with the same pieces.
pub(super) fn foretell(script: &Script<'_>) -> Foretold {
    let mut handshake = Handshake::new(TlsOffer::Withheld);
    let (mut said, mut unread) = (Vec::new(), Vec::new());
    let mut arrived = 0;
    for piece in script.client.pieces() {
        unread.extend_from_slice(piece);
        arrived += piece.len();
        loop {
            let step = handshake.advance(&unread);
            match step.action {
                Action::NeedMore(_) => break,
                Action::Reply(reply) => {
                    said.extend_from_slice(reply);
                    let consumed = step.consumed;
                    unread.drain(..consumed);
                    continue;
                }
                Action::Reject(answer) => said.extend_from_slice(&answer),
                Action::Route(startup) => {
                    let then = if startup.user() == TENANT && script.server != Server::Absent {
                        let later = script.client.bytes().split_at(arrived).1;
                        Then::Session([&unread, later].concat())
                    } else {
                        Then::Refusal
                    };
                    return Foretold { said, then };
                }
                Action::Cancel(_) | Action::StartTls(_) | Action::Close => {}
            }
            return Foretold {
                said,
                then: Then::Silence,
            };
        }
    }
    Foretold {
        said,
        then: Then::Silence,
    }
}

impl Foretold {
    pub(super) fn assert_seen(&self, script: &Script<'_>, seen: &Seen) {
        if script.client_drops {
            return self.assert_prefix(seen);
        }
        let answer = seen.by_client.strip_prefix(&self.said[..]);
        let Some(answer) = answer else {
            unreachable!("{self:?} {seen:?}");
        };
        match &self.then {
            Then::Session(sent) => {
                assert_eq!(answer, script.backend.bytes());
                if script.server != Server::Deaf {
                    assert_eq!(seen.by_backend.as_ref(), Some(sent));
                }
            }
            Then::Refusal => {
                assert!(!answer.is_empty() && has_only_tags(answer, b"vRE"));
                assert_eq!(seen.by_backend, None);
            }
            Then::Silence => {
                assert_eq!(answer, b"", "{self:?}");
                assert_eq!(seen.by_backend, None);
            }
        }
    }

    /// Of a client that is gone its server may get less, but never anything else.
    fn assert_prefix(&self, seen: &Seen) {
        match (&self.then, &seen.by_backend) {
            (Then::Session(sent), Some(got)) => assert!(sent.starts_with(got)),
            (_, got) => assert_eq!(*got, None),
        }
    }
}

/// The tenant that there is.
pub(super) const TENANT: &[u8] = b"acme";

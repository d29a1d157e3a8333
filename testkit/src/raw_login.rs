use crate::{Closing, Frame, RawClient, message};
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};

/// Everything a server says to a client that logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// Its messages: up to the first `ReadyForQuery`, or to the end of the connection.
    pub frames: Vec<Frame>,
    /// How the connection ended, if it did.
    pub closing: Option<Closing>,
}

impl Greeting {
    /// Whether the client may ask now.
    pub fn is_ready(&self) -> bool {
        self.closing.is_none()
    }

    /// The code of the error that ended it.
    pub fn sqlstate(&self) -> Option<String> {
        self.frames.iter().find_map(Frame::sqlstate)
    }

    /// The process number and the cancel key.
    pub fn cancel_key(&self) -> (u32, Vec<u8>) {
        let key = self.frames.iter().find_map(Frame::cancel_key);
        let (pid, key) = key.unwrap_or_else(|| panic!("no cancel key: {self:?}"));
        (pid, key.to_vec())
    }

    /// The salt that the server sent.
    pub fn salt(&self) -> Option<String> {
        let challenge = self
            .frames
            .iter()
            .find(|frame| frame.authentication() == Some(11))?;
        let text = String::from_utf8_lossy(&challenge.body[4..]).into_owned();
        let salt = text
            .split(',')
            .find_map(|attribute| attribute.strip_prefix("s="))?;
        Some(salt.to_owned())
    }
}

impl RawClient {
    /// Sends this startup packet, then proves that it knows the password when the server asks for that.
    pub fn login(&mut self, startup: &[u8], password: &str) -> Greeting {
        self.send(startup);
        self.authenticate(password)
    }

    /// The rest of a login whose startup packet is sent.
    pub fn authenticate(&mut self, password: &str) -> Greeting {
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        let mut frames: Vec<Frame> = Vec::new();
        loop {
            let frame = match self.frame() {
                Ok(frame) => frame,
                Err(closing) => {
                    return Greeting {
                        frames,
                        closing: Some(closing),
                    };
                }
            };
            match frame.authentication() {
                Some(10) => self.send(&message::sasl_initial(SCRAM_SHA_256, scram.message())),
                Some(11) => {
                    scram
                        .update(&frame.body[4..])
                        .expect("the server goes on from the client's nonce");
                    self.send(&message::tagged(b'p', scram.message()));
                }
                Some(12) => scram
                    .finish(&frame.body[4..])
                    .expect("the server knows the password too"),
                _ => {}
            }
            frames.push(frame);
            if frames.last().is_some_and(|last| last.tag == b'Z') {
                return Greeting {
                    frames,
                    closing: None,
                };
            }
        }
    }

    /// Logs in as this user with protocol 3.0, which has to succeed.
    pub fn log_in(&mut self, user: &str, password: &str) -> Greeting {
        let greeting = self.login(&message::startup(message::V3_0, user), password);
        assert!(greeting.is_ready(), "{user} cannot log in: {greeting:?}");
        greeting
    }
}

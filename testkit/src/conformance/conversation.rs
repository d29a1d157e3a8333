use super::{
    mask::{mask_lines, masked, masked_in_tls, masked_minor},
    transcript::{Heard, Transcript},
};
use crate::{Closing, Frame, Greeting, RawClient, message};

/// A client's side of a conversation, which takes down all that it hears.
pub struct Conversation<'a> {
    connect: &'a dyn Fn() -> RawClient,
    client: RawClient,
    heard: Vec<Heard>,
    minors: Minors,
    began_in_tls: bool,
}

/// Whether judge and candidate are of the same minor version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Minors {
    /// They are: every byte counts.
    Same,
    /// They need not be: versions and source lines do not count.
    Different,
}

impl std::fmt::Debug for Conversation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conversation")
            .field("heard", &self.heard)
            .finish_non_exhaustive()
    }
}

impl<'a> Conversation<'a> {
    /// Connects to this server.
    pub(super) fn with(connect: &'a dyn Fn() -> RawClient, minors: Minors) -> Self {
        let client = connect();
        Self {
            connect,
            began_in_tls: client.is_encrypted(),
            client,
            heard: Vec::new(),
            minors,
        }
    }

    /// Another connection to the same server, of which nothing is taken down.
    pub fn another(&self) -> RawClient {
        (self.connect)()
    }

    /// Sends these bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.client.send(bytes);
    }

    /// Closes the client's side and goes on listening.
    pub fn finish(&mut self) {
        self.client.finish();
    }

    /// Hears so many bytes that are no message.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let bytes = self.client.bytes(count);
        self.take_down_bytes(&bytes);
        bytes
    }

    /// Hears one message.
    pub fn frame(&mut self) -> Frame {
        let frame = self.client.frame();
        let frame = frame.unwrap_or_else(|end| panic!("{end:?} instead of a message"));
        self.take_down(std::slice::from_ref(&frame));
        frame
    }

    /// Hears messages up to the first one with this tag.
    pub fn frames_until(&mut self, tag: u8) -> Vec<Frame> {
        let frames = self.client.frames_until(tag);
        self.take_down(&frames);
        frames
    }

    /// Sends this startup packet and proves that it knows the password when the server asks for that.
    pub fn login(&mut self, startup: &[u8], password: &str) -> Greeting {
        let greeting = self.client.login(startup, password);
        self.take_down(&greeting.frames);
        greeting
    }

    /// Logs in as this user, which has to succeed, and answers the process number and the cancel key.
    pub fn log_in(&mut self, version: u32, user: &str) -> (u32, Vec<u8>) {
        let greeting = self.login(
            &message::startup(version, user),
            &super::world::password(user),
        );
        assert!(greeting.is_ready(), "{user} cannot log in: {greeting:?}");
        greeting.cancel_key()
    }

    /// Asks a simple query and hears its answers.
    pub fn ask(&mut self, sql: &str) -> Vec<Frame> {
        self.send(&message::query(sql));
        self.frames_until(b'Z')
    }

    /// Asks without taking anything down, for what differs from session to session.
    pub fn aside(&mut self) -> &mut RawClient {
        &mut self.client
    }

    /// Takes down something that was found out aside.
    pub fn note(&mut self, text: impl Into<String>) {
        self.heard.push(Heard::Note(text.into()));
    }

    /// Hears everything until the server closes.
    pub(super) fn end(mut self) -> Transcript {
        let (rest, closing) = self.client.rest();
        let has_last_words = !rest.is_empty();
        self.take_down_all(&rest);
        if closing == Closing::Torn {
            self.note("TLS is torn");
        }
        Transcript {
            heard: self.heard,
            has_last_words,
            closing,
            began_in_tls: self.began_in_tls,
        }
    }

    fn take_down(&mut self, frames: &[Frame]) {
        let mut frames = masked(frames);
        if self.client.is_encrypted() {
            frames = masked_in_tls(&frames);
        }
        if self.minors == Minors::Different {
            frames = masked_minor(&frames);
        }
        self.heard.extend(frames.into_iter().map(Heard::Message));
    }

    fn take_down_bytes(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        if self.minors == Minors::Different {
            mask_lines(&mut bytes);
        }
        self.heard.push(Heard::bytes(&bytes));
    }

    /// Messages, and whatever else there is, such as an error of protocol 2.
    fn take_down_all(&mut self, mut bytes: &[u8]) {
        while let Some((frame, length)) = Frame::parse(bytes) {
            self.take_down(&[frame]);
            bytes = bytes.get(length..).unwrap_or_default();
        }
        if !bytes.is_empty() {
            self.take_down_bytes(bytes);
        }
    }
}

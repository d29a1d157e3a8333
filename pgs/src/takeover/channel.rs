use super::descriptor;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, OwnedFd},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// One conversation over a control socket: JSON after its length, and descriptors between messages.
#[derive(Debug)]
pub(super) struct Channel(UnixStream);

impl Channel {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// Whether the one at the other end is this process's own user, or root.
    pub(super) fn is_trusted(&self) -> bool {
        let own = rustix::process::geteuid().as_raw();
        self.0
            .peer_cred()
            .is_ok_and(|peer| peer.uid() == own || peer.uid() == ROOT)
    }

    /// The process at the other end, where the system tells.
    pub(super) fn pid(&self) -> Option<u32> {
        let pid = self.0.peer_cred().ok()?.pid()?;
        // One in another container is told as nobody.
        u32::try_from(pid).ok().filter(|pid| *pid != 0)
    }

    pub(super) async fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(message)?;
        let length = u32::try_from(text.len()).map_err(|_| ErrorKind::FileTooLarge)?;
        self.0.write_all(&length.to_be_bytes()).await?;
        self.0.write_all(&text).await
    }

    pub(super) async fn receive<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        Ok(serde_json::from_slice(&self.receive_text().await?)?)
    }

    /// A message as it came, for whoever does not know yet what it can be.
    pub(super) async fn receive_text(&mut self) -> io::Result<Vec<u8>> {
        let length = self.0.read_u32().await? as usize;
        if length > LONGEST {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).await?;
        Ok(text)
    }

    pub(super) async fn send_descriptor(&self, descriptor: impl AsFd) -> io::Result<()> {
        descriptor::send(&self.0, descriptor).await
    }

    pub(super) async fn receive_descriptor(&self) -> io::Result<OwnedFd> {
        descriptor::receive(&self.0).await
    }
}

const ROOT: u32 = 0;
/// Many times the longest message, which names every listener.
const LONGEST: usize = 256 * 1024;

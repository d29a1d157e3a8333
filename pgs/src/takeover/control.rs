use super::{
    Place,
    channel::Channel,
    message::{Accepting, Answer, Greeting, Hello, Offer, VERSION, Wish},
};
use pgs_core::{Error, Result};
use pgs_proxy::Listener;
use std::{
    convert::Infallible,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    net::UnixListener,
    sync::{Mutex as Turn, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Where this process can be asked for its sockets. Dropping it ends that, and removes the control socket.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    _answering: JoinSet<Infallible>,
}

impl Control {
    /// Begins to answer.
    pub(crate) fn open(place: &Place, desk: Arc<Desk>) -> Result<Self> {
        let (listener, path) = place
            .bind()
            .map_err(|cause| Error::io("the control socket cannot be made", cause))?;
        let mut answering = JoinSet::new();
        answering.spawn(answer_forever(listener, desk));
        Ok(Self {
            path,
            _answering: answering,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket could not be removed");
        }
    }
}

/// What the others may have of this process.
#[derive(Debug)]
pub(crate) struct Desk {
    proxy: pgs_proxy::Proxy,
    /// The listeners by configured address; empty once they were given away.
    sockets: Mutex<Vec<(String, OwnedFd)>>,
    ancestors: Vec<String>,
    /// One successor at a time.
    turn: Turn<()>,
    replaced: CancellationToken,
    successor: OnceLock<u32>,
    stop: CancellationToken,
}

impl Desk {
    /// A desk that gives away copies of these listeners and the names of its ancestors, cancels `replaced` when it has, and
    /// `stop` when it is told to.
    pub(crate) fn new<'a>(
        proxy: pgs_proxy::Proxy,
        listeners: impl IntoIterator<Item = (&'a str, &'a Listener)>,
        ancestors: Vec<String>,
        replaced: CancellationToken,
        stop: CancellationToken,
    ) -> Result<Self> {
        let copies = listeners.into_iter().map(|(address, listener)| {
            let copy = listener.as_fd().try_clone_to_owned()?;
            Ok((address.to_owned(), copy))
        });
        Ok(Self {
            proxy,
            sockets: Mutex::new(copies.collect::<io::Result<_>>().map_err(|cause| {
                Error::io(
                    "the listening sockets cannot be kept for a successor",
                    cause,
                )
            })?),
            ancestors,
            turn: Turn::default(),
            replaced,
            successor: OnceLock::new(),
            stop,
        })
    }

    pub(super) fn ancestors(&self) -> &[String] {
        &self.ancestors
    }

    /// The process that took over, where the system tells.
    pub(crate) fn successor(&self) -> Option<u32> {
        self.successor.get().copied()
    }

    async fn serve(&self, mut channel: Channel) -> io::Result<()> {
        if !channel.is_trusted() {
            return Ok(());
        }
        let hello = timeout(PATIENCE, channel.receive_text()).await??;
        let version = serde_json::from_slice::<Greeting>(&hello)?.version;
        if version != VERSION {
            let why = format!("it speaks version {VERSION} of the takeover, not {version}");
            return channel.send(&Answer::Refused(why)).await;
        }
        match serde_json::from_slice::<Hello>(&hello)?.wish {
            Wish::Takeover => self.hand_over(channel).await,
            Wish::Cancel(packet) => {
                let cancelled = self.proxy.cancel(&packet).await;
                channel.send(&Answer::Cancelled(cancelled)).await
            }
            Wish::Stop => {
                if self.replaced.is_cancelled() {
                    self.stop.cancel();
                }
                channel.send(&Answer::Done).await
            }
        }
    }

    async fn hand_over(&self, mut channel: Channel) -> io::Result<()> {
        let Ok(_turn) = self.turn.try_lock() else {
            return channel.send(&Answer::Busy).await;
        };
        let Some((offer, copies)) = self.offer()? else {
            return channel.send(&Answer::Replaced).await;
        };
        channel.send(&Answer::Offer(offer)).await?;
        for copy in copies {
            channel.send_descriptor(copy).await?;
        }
        // Whoever ends instead of confirming closes the channel, so this rarely waits.
        if let Ok(Ok(Accepting {})) = timeout(CONFIRMATION, channel.receive()).await {
            self.retire(channel.pid());
            channel.send(&Answer::Done).await
        } else {
            tracing::warn!("a process that began to take over did not accept; this one goes on");
            Ok(())
        }
    }

    fn offer(&self) -> io::Result<Option<(Offer, Vec<OwnedFd>)>> {
        let sockets = self.sockets();
        if self.replaced.is_cancelled() {
            return Ok(None);
        }
        let copies = sockets.iter().map(|(_, socket)| socket.try_clone());
        let copies = copies.collect::<io::Result<_>>()?;
        let offer = Offer {
            addresses: sockets.iter().map(|(address, _)| address.clone()).collect(),
            ancestors: self.ancestors.clone(),
        };
        Ok(Some((offer, copies)))
    }

    /// The copies go too: a socket that somebody still holds is a port at which nobody answers.
    fn retire(&self, successor: Option<u32>) {
        if let Some(successor) = successor {
            let _ = self.successor.set(successor);
        }
        self.replaced.cancel();
        self.sockets().clear();
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<(String, OwnedFd)>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer_forever(listener: UnixListener, desk: Arc<Desk>) -> Infallible {
    let (permits, mut conversations) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await;
        while conversations.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a conversation over the control socket could not begin");
                sleep(OUT_OF_DESCRIPTORS).await;
                continue;
            }
        };
        let desk = Arc::clone(&desk);
        conversations.spawn(async move {
            let _permit = permit;
            if let Err(error) = desk.serve(Channel::new(stream)).await {
                tracing::debug!(%error, "a conversation over the control socket broke off");
            }
        });
    }
}

/// For what a healthy process does at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// A successor has everything prepared before it asks; it only binds what is new.
const CONFIRMATION: Duration = Duration::from_mins(1);
/// Above the default of the cancel requests that may be on their way.
const AT_ONCE: usize = 128;
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(75);

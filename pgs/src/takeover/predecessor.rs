use super::{
    Place,
    channel::Channel,
    control::PATIENCE,
    message::{Accepting, Answer, Wish},
    place::{call, name_of, pid_in},
};
use crate::ListenAddress;
use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::Listener;
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task::JoinSet, time::timeout};

/// A process that serves, and waits to hear that another one accepts in its place. Dropped, it goes on serving.
#[derive(Debug)]
pub(crate) struct Predecessor {
    pid: u32,
    /// Its control socket, and those of the processes that it took over from.
    lineage: Vec<String>,
    channel: Channel,
    offered: Vec<(String, Listener)>,
}

impl Predecessor {
    /// Every process that serves this state directory.
    ///
    /// Those that were replaced by one of them have no listeners, so it does not matter whether they answer.
    pub(crate) async fn all(place: &Place) -> Result<Vec<Self>> {
        Self::all_within(PATIENCE, place).await
    }

    pub(super) async fn all_within(limit: Duration, place: &Place) -> Result<Vec<Self>> {
        let sockets = place.sockets().into_iter();
        let asking: JoinSet<_> = sockets.map(|path| Self::ask(path, limit)).collect();
        let (mut all, mut failed) = (Vec::new(), Vec::new());
        for (name, answer) in asking.join_all().await {
            match answer {
                Ok(found) => all.extend(found),
                Err(error) => failed.push((name, error)),
            }
        }
        for (name, error) in failed {
            if !all.iter().any(|one: &Self| one.lineage.contains(&name)) {
                return Err(error);
            }
            tracing::warn!(%error, "skipped: it was replaced already");
        }
        Ok(all)
    }

    /// Answers the control socket's name, too.
    async fn ask(path: PathBuf, limit: Duration) -> (String, Result<Option<Self>>) {
        let (name, pid) = (name_of(&path), pid_in(&path).unwrap_or_default());
        let asked = timeout(limit, Self::request(&path, pid)).await;
        let silent = || Err(io::ErrorKind::TimedOut.into());
        let answer = match asked.unwrap_or_else(|_| silent()) {
            Ok(found) => found.transpose(),
            Err(cause) => Err(unheard(pid, cause)),
        };
        (name.unwrap_or_default(), answer)
    }

    async fn request(path: &Path, pid: u32) -> io::Result<Option<Result<Self>>> {
        let Some(mut channel) = call(path, Wish::Takeover).await? else {
            return Ok(None);
        };
        let offer = match channel.receive().await? {
            Answer::Offer(offer) => offer,
            Answer::Refused(why) => return Ok(Some(Err(refused(pid, &why)))),
            Answer::Busy => return Ok(Some(Err(busy(pid)))),
            _ => return Ok(None),
        };
        let mut offered = Vec::new();
        for address in offer.addresses {
            let descriptor = channel.receive_descriptor().await?;
            offered.push((address, Listener::inherited(descriptor)?));
        }
        let mut lineage = offer.ancestors;
        lineage.extend(name_of(path));
        Ok(Some(Ok(Self {
            pid,
            lineage,
            channel,
            offered,
        })))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn lineage(&self) -> &[String] {
        &self.lineage
    }

    /// Whether it listens on what is configured so, or on this address.
    pub(crate) fn has(&self, address: &str, bound_to: Option<&ListenAddress>) -> bool {
        self.find(address, bound_to).is_some()
    }

    /// The listener that is configured so, or else is bound to this address; each is given once.
    pub(crate) fn take(
        &mut self,
        address: &str,
        bound_to: Option<&ListenAddress>,
    ) -> Option<Listener> {
        let found = self.find(address, bound_to)?;
        Some(self.offered.remove(found).1)
    }

    fn find(&self, address: &str, bound_to: Option<&ListenAddress>) -> Option<usize> {
        let mut offered = self.offered.iter();
        let by_name = offered.position(|(configured, _)| configured == address);
        let bound = |listener: &Listener| match bound_to {
            Some(ListenAddress::Tcp(address)) => listener.ip_address() == Some(*address),
            Some(ListenAddress::Unix(address)) => listener.path() == Some(address.path()),
            None => false,
        };
        let by_address = || {
            self.offered
                .iter()
                .position(|(_, listener)| bound(listener))
        };
        by_name.or_else(by_address)
    }

    /// Says that its listeners are accepted from, upon which it stops to.
    ///
    /// There is no way back, and none is needed: if it is gone by now, its sockets are here.
    pub(crate) async fn retire(mut self) {
        for (address, _) in &self.offered {
            tracing::warn!(
                address,
                "no longer listened on: the configuration does not name it any more"
            );
        }
        self.offered.clear();
        let told = async {
            self.channel.send(&Accepting {}).await?;
            self.channel.receive::<Answer>().await
        };
        if let Ok(Ok(_)) = timeout(PATIENCE, told).await {
            tracing::info!(pid = self.pid, "taken over");
        } else {
            tracing::warn!(
                pid = self.pid,
                "the process that is taken over from did not say that it stopped accepting"
            );
        }
    }
}

fn refused(pid: u32, why: &str) -> Error {
    let message = format!("process {pid} cannot be taken over from: {why}");
    let remedy = format!(
        "stop process {pid} with SIGTERM, which lets its sessions end, and start without a takeover"
    );
    Error::new(ErrorKind::Unsupported, message).with_remedy(remedy)
}

fn busy(pid: u32) -> Error {
    let message = format!("process {pid} is just being taken over from by another one");
    Error::new(ErrorKind::Busy, message).with_remedy("wait for that one, then try again")
}

fn unheard(pid: u32, cause: io::Error) -> Error {
    let message = format!("process {pid} serves this state directory and cannot be asked for it");
    let remedy = format!("look whether process {pid} hangs; once it is gone, start again");
    Error::io(message, cause).with_remedy(remedy)
}

//! Listening sockets that a service manager opened: systemd's socket activation.

use listenfd::ListenFd;
use std::{
    io,
    os::fd::OwnedFd,
    sync::{Mutex, PoisonError},
};

/// Sockets that systemd is to pass: all of them, or those of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed<'a>(Option<&'a str>);

impl<'a> Passed<'a> {
    /// `systemd` is every socket that was passed, `systemd:pg` those that `FileDescriptorName=pg` names; another address
    /// is none of them.
    pub(crate) fn at(address: &'a str) -> Option<Self> {
        let rest = address.strip_prefix("systemd")?;
        match rest.strip_prefix(':') {
            None if !rest.is_empty() => None,
            name => Some(Self(name)),
        }
    }

    /// Takes them; each is given once.
    pub(crate) fn take(self) -> io::Result<Vec<OwnedFd>> {
        let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
        let left = match passed.take() {
            Some(left) => left,
            None => receive()?,
        };
        let (wanted, left): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(name, _)| self.0.is_none_or(|wanted| wanted == name));
        *passed = Some(left);
        Ok(wanted.into_iter().map(|(_, socket)| socket).collect())
    }
}

fn receive() -> io::Result<Vec<(String, OwnedFd)>> {
    let mut sockets = ListenFd::from_env();
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':').map(str::to_owned);
    let mut received = Vec::new();
    for index in 0..sockets.len() {
        let name = names.next().unwrap_or_default();
        received.extend(receive_one(&mut sockets, index)?.map(|socket| (name, socket)));
    }
    Ok(received)
}

fn receive_one(sockets: &mut ListenFd, index: usize) -> io::Result<Option<OwnedFd>> {
    match sockets.take_tcp_listener(index) {
        Ok(listener) => Ok(listener.map(OwnedFd::from)),
        Err(_) => Ok(sockets.take_unix_listener(index)?.map(OwnedFd::from)),
    }
}

/// What nobody took yet; none before the first look, since the numbers of descriptors mean something only once.
static PASSED: Mutex<Option<Vec<(String, OwnedFd)>>> = Mutex::new(None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_means_systemd() {
        assert_eq!(Passed::at("systemd"), Some(Passed(None)));
        assert_eq!(Passed::at("systemd:pg"), Some(Passed(Some("pg"))));
        assert_eq!(Passed::at("systemd.example.com:5432"), None);
        assert_eq!(Passed::at("127.0.0.1:5432"), None);
    }
}

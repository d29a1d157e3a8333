//! When bytes came in, by the kernel's clock: the proxy reads them some microseconds later, and how many depends on what
//! else the processor had to do. See `SO_TIMESTAMPNS` in socket(7).

use std::{
    io,
    time::{Duration, Instant, SystemTime},
};
use tokio::net::TcpStream;

/// When a client has spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// What counts: what has waited for long waited for a proxy that had other things to do, and a server would have been asked as late.
    pub(crate) heard: Instant,
    /// How long before that it was, which the client sees and a server does not.
    pub(crate) unheard: Duration,
}

impl Arrival {
    pub(crate) fn now() -> Self {
        Self::at(Instant::now())
    }

    pub(crate) fn at(heard: Instant) -> Self {
        Self {
            heard,
            unheard: Duration::ZERO,
        }
    }

    fn stamped(stamp: SystemTime) -> Option<Self> {
        let age = stamp.elapsed().ok()?;
        let counts = age.min(LONGEST);
        Some(Self {
            heard: Instant::now().checked_sub(counts)?,
            unheard: age.saturating_sub(counts),
        })
    }
}

/// Reads, and tells when the latest of what was read came in; none where nobody knows.
pub(crate) fn read(stream: &TcpStream, space: &mut [u8]) -> io::Result<(usize, Option<Arrival>)> {
    let (size, stamp) = stamp::read(stream, space)?;
    Ok((size, stamp.and_then(Arrival::stamped)))
}

/// When the first of what can be read came in; none where nobody knows, and while there is nothing.
///
/// # Errors
///
/// What the next read would have said: looking takes it away.
pub(crate) fn of_unread(stream: &TcpStream) -> io::Result<Option<Arrival>> {
    Ok(stamp::of_unread(stream)?.and_then(Arrival::stamped))
}

/// What a proxy takes that has nothing else to do, with some room.
const LONGEST: Duration = Duration::from_micros(60);

#[cfg(target_os = "linux")]
pub(crate) use stamp::tell;

#[cfg(target_os = "linux")]
mod stamp {
    use nix::{
        cmsg_space,
        errno::Errno,
        sys::{
            socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt},
            time::TimeSpec,
        },
    };
    use std::{
        io::{self, IoSliceMut},
        os::fd::{AsFd, AsRawFd},
        time::{Duration, SystemTime},
    };
    use tokio::{io::Interest, net::TcpStream};

    /// Has the kernel note the arrival of all that comes in on it, and, of a listener, on its connections.
    pub(crate) fn tell(socket: &impl AsFd) -> io::Result<()> {
        Ok(setsockopt(socket, sockopt::ReceiveTimestampns, &true)?)
    }

    pub(super) fn read(
        stream: &TcpStream,
        space: &mut [u8],
    ) -> io::Result<(usize, Option<SystemTime>)> {
        let (mut done, room) = (None, space.len());
        let asked = stream.try_io(Interest::READABLE, || {
            let (size, stamp) = receive(stream, space, MsgFlags::MSG_DONTWAIT)?;
            done = Some((size, stamp));
            // There was no more: to say so here saves asking.
            if 0 < size && size < room {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        });
        match (done, asked) {
            (Some(done), _) => Ok(done),
            (None, asked) => asked.and(Err(io::ErrorKind::WouldBlock.into())),
        }
    }

    pub(super) fn of_unread(stream: &TcpStream) -> io::Result<Option<SystemTime>> {
        let peek = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        match receive(stream, &mut [0], peek) {
            Err(Errno::EAGAIN) => Ok(None),
            seen => Ok(seen?.1),
        }
    }

    fn receive(
        stream: &TcpStream,
        space: &mut [u8],
        how: MsgFlags,
    ) -> nix::Result<(usize, Option<SystemTime>)> {
        let mut told = cmsg_space!(TimeSpec);
        let mut bytes = [IoSliceMut::new(space)];
        let seen = recvmsg::<()>(stream.as_raw_fd(), &mut bytes, Some(&mut told), how)?;
        let stamp = seen.cmsgs()?.find_map(|message| match message {
            ControlMessageOwned::ScmTimestampns(stamp) => {
                SystemTime::UNIX_EPOCH.checked_add(Duration::from(stamp))
            }
            _ => None,
        });
        Ok((seen.bytes, stamp))
    }
}

#[cfg(not(target_os = "linux"))]
mod stamp {
    use std::{io, time::SystemTime};
    use tokio::net::TcpStream;

    pub(super) fn read(
        stream: &TcpStream,
        space: &mut [u8],
    ) -> io::Result<(usize, Option<SystemTime>)> {
        stream.try_read(space).map(|size| (size, None))
    }

    pub(super) fn of_unread(_: &TcpStream) -> io::Result<Option<SystemTime>> {
        Ok(None)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::socket::tune_listener;
    use std::time::SystemTime;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn bytes_are_as_old_as_they_are_however_late_they_are_read() {
        let listener = crate::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        tune_listener(&listener);
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut client, mut stream) = (client.unwrap(), accepted.unwrap().0);
        assert_eq!(of_unread(&stream).unwrap(), None);
        // The kernel begins to note arrivals some time after it was told to, if nobody else wanted it before.
        let stamp = loop {
            let before = SystemTime::now();
            client.write_all(b"x").await.unwrap();
            stream.readable().await.unwrap();
            let after = SystemTime::now();
            if let Some(stamp) = stamp::of_unread(&stream).unwrap() {
                assert!(before <= stamp && stamp <= after);
                break stamp;
            }
            stream.read_u8().await.unwrap();
        };
        assert_eq!(stamp::of_unread(&stream).unwrap(), Some(stamp));
        assert!(of_unread(&stream).unwrap().unwrap().heard < Instant::now());
        stream.read_u8().await.unwrap();
        assert_eq!(of_unread(&stream).unwrap(), None);
    }

    #[test]
    fn what_has_waited_for_long_counts_as_younger_and_it_is_told_by_how_much() {
        for (age, unheard) in [(20, 0), (90_000, 89_940)].map(|(age, unheard)| {
            let micros = Duration::from_micros;
            (micros(age), micros(unheard))
        }) {
            let before = Instant::now();
            let arrival = Arrival::stamped(SystemTime::now() - age).unwrap();
            let counts = before.saturating_duration_since(arrival.heard);
            assert!(counts <= age.min(LONGEST));
            assert!(arrival.unheard >= unheard);
        }
    }

    #[tokio::test]
    async fn what_is_read_comes_with_its_age_and_a_short_read_says_that_there_is_no_more() {
        let listener = crate::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        tune_listener(&listener);
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut client, stream) = (client.unwrap(), accepted.unwrap().0);
        let mut space = [0; 4];
        let (size, arrived) = loop {
            client.write_all(b"abc").await.unwrap();
            stream.readable().await.unwrap();
            let (size, arrived) = read(&stream, &mut space).unwrap();
            // As above: the first ones may have no stamp.
            if arrived.is_some() {
                break (size, arrived);
            }
        };
        assert_eq!(&space[..size], b"abc");
        assert!(arrived.unwrap().heard <= Instant::now());
        let would_block = |read: io::Result<(usize, Option<Arrival>)>| {
            read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        };
        assert!(would_block(read(&stream, &mut space)));
        // A full read may not be all.
        client.write_all(b"abcdef").await.unwrap();
        for part in [&b"abcd"[..], b"ef"] {
            stream.readable().await.unwrap();
            let size = read(&stream, &mut space).unwrap().0;
            assert_eq!(&space[..size], part);
        }
        drop(client);
        stream.readable().await.unwrap();
        assert_eq!(read(&stream, &mut space).unwrap().0, 0);
    }

    #[tokio::test]
    async fn a_reset_is_told_to_who_looks() {
        let listener = crate::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (client, stream) = (client.unwrap(), accepted.unwrap().0);
        client.set_zero_linger().unwrap();
        drop(client);
        stream.readable().await.unwrap();
        let error = of_unread(&stream).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

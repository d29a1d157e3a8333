use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, OwnedFd},
};
use tokio::{io::Interest, net::UnixStream};

/// Sends a copy of a descriptor, which needs a byte to travel with.
pub(super) async fn send(stream: &UnixStream, descriptor: impl AsFd) -> io::Result<()> {
    let descriptors = [descriptor.as_fd()];
    let send = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        sendmsg(
            stream,
            &[IoSlice::new(CARRIER)],
            &mut control,
            SendFlags::empty(),
        )?;
        Ok(())
    };
    stream.async_io(Interest::WRITABLE, send).await
}

/// Receives one descriptor.
pub(super) async fn receive(stream: &UnixStream) -> io::Result<OwnedFd> {
    let receive = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut carrier = [0; CARRIER.len()];
        recvmsg(
            stream,
            &mut [IoSliceMut::new(&mut carrier)],
            &mut control,
            CLOSE_ON_EXEC,
        )?;
        let mut received = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        });
        let descriptor = received
            .next()
            .and_then(|mut descriptors| descriptors.next());
        descriptor.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    stream.async_io(Interest::READABLE, receive).await
}

const CARRIER: &[u8] = b"L";

/// A tenant's server that is just being started must not inherit it.
#[cfg(not(target_vendor = "apple"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        os::unix::net::UnixStream as StdStream,
    };

    #[tokio::test]
    async fn a_descriptor_arrives_as_the_same_socket() {
        let (near, far) = UnixStream::pair().unwrap();
        let (mut kept, sent) = StdStream::pair().unwrap();
        send(&near, &sent).await.unwrap();
        let mut received = StdStream::from(receive(&far).await.unwrap());
        received.write_all(b"x").unwrap();
        let mut read = [0];
        kept.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"x");
        let flags = rustix::io::fcntl_getfd(&received).unwrap();
        assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    }

    #[tokio::test]
    async fn the_end_is_no_descriptor() {
        let (near, far) = UnixStream::pair().unwrap();
        drop(near);
        assert!(receive(&far).await.is_err());
    }
}

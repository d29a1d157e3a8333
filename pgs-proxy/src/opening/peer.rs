use crate::{
    PeerAddress, TlsPolicy, TlsServer, arrival::Arrival, relay::LINGER, stream::Stream,
    tls::TlsFacts,
};
use pgs_core::{
    routing::{RouteRequest, RoutingKeys},
    wire::StartupMessage,
};
use std::{future::poll_fn, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout, timeout_at},
};

/// A client that is still talking to the proxy itself.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) stream: Stream,
    pub(super) address: PeerAddress,
    /// What its TLS told, if it speaks it.
    pub(super) tls: Option<TlsFacts>,
}

/// The client closed, broke off or took too long.
#[derive(Debug)]
pub(super) struct Gone;

impl Peer {
    /// What it asks the router for.
    pub(super) fn request<'a>(
        &'a self,
        startup: &StartupMessage<'a>,
        keys: &'a RoutingKeys,
    ) -> RouteRequest<'a> {
        let request = RouteRequest::of(startup, self.address.ip(), keys);
        match &self.tls {
            Some(tls) => request.over_tls(tls.host.as_deref()),
            None => request,
        }
    }

    /// Whether others on its way could read along. Nobody can on a Unix socket.
    pub(super) fn is_in_the_clear(&self) -> bool {
        matches!(self.stream, Stream::Tcp(_))
    }

    /// Whether it speaks TLS and has not shown the certificate that it needs.
    pub(super) fn lacks_certificate(&self, policy: &TlsPolicy) -> bool {
        let shown = self.tls.as_ref().map(|tls| tls.certificate.is_some());
        let needed = policy
            .server()
            .is_some_and(TlsServer::needs_client_certificate);
        needed && shown == Some(false)
    }

    /// Appends what the client sends next to `unread`, which never grows beyond `limit`, and tells when it came in.
    pub(super) async fn read(
        &mut self,
        unread: &mut Vec<u8>,
        limit: usize,
        deadline: Instant,
    ) -> Result<Arrival, Gone> {
        let limit = limit.saturating_sub(unread.len());
        let read = poll_fn(|cx| self.stream.poll_take_timed(cx, limit));
        let read = timeout_at(deadline, read).await;
        let (buffer, arrived) = read.map_err(|_| Gone)?.map_err(|_| Gone)?;
        if buffer.unwritten().is_empty() {
            return Err(Gone);
        }
        unread.extend_from_slice(buffer.unwritten());
        Ok(arrived.unwrap_or_else(Arrival::now))
    }

    pub(super) async fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), Gone> {
        let written = timeout_at(deadline, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        })
        .await;
        written.map_err(|_| Gone)?.map_err(|_| Gone)
    }

    /// Sends the last words and closes so that they arrive: closing with unread input would destroy them on the way.
    pub(super) async fn farewell(mut self, bytes: &[u8]) {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await?;
            self.stream.shutdown().await
        };
        if let Ok(Ok(())) = timeout(LAST_WORDS, sent).await {
            let _ = timeout(LAST_WORDS, self.discard(DISCARDED)).await;
        }
    }

    /// Ends its side, as a relay does whose server has closed.
    pub(super) async fn end(&mut self) -> Result<(), Gone> {
        self.stream.shutdown().await.map_err(|_| Gone)
    }

    /// Gives the client a relay's time to close after that.
    pub(super) async fn linger(mut self) {
        let _ = timeout(LINGER, self.discard(usize::MAX)).await;
    }

    async fn discard(&mut self, mut left: usize) {
        while left > 0 {
            match poll_fn(|cx| self.stream.poll_take(cx, left)).await {
                Ok(buffer) if !buffer.unwritten().is_empty() => left -= buffer.unwritten().len(),
                _ => return,
            }
        }
    }
}

const LAST_WORDS: Duration = Duration::from_secs(1);
const DISCARDED: usize = 64 * 1024;

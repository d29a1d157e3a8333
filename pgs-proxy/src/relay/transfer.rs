use super::{
    End, Login,
    pump::{Broken, Passing, Pump, poll_discard},
};
use crate::{arrival::Arrival, buffer::Buffer, cancel::CancelEntry, stream::Stream};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// Both directions of a session and the rules for its end:
///
/// - the client's end is passed on, and the server's answers still arrive;
/// - the server's end is passed on, and the client then has two seconds to close, whatever it still sends;
/// - a server that no longer listens may still have something to say, so it is heard to its end;
/// - a client whose connection broke takes its server's connection with it at once.
#[derive(Debug)]
pub(crate) struct Relay {
    /// First, so that the key is forgotten before the sockets close.
    cancel: Option<CancelEntry>,
    client: Stream,
    backend: Stream,
    up: Pump,
    down: Pump,
    upward: Upward,
    login: Option<Box<Login>>,
    linger: Option<Pin<Box<Sleep>>>,
    /// Who finished first.
    end: Option<End>,
}

/// What happens to the client's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upward {
    Forwarded,
    /// Nobody listens, but unread bytes would turn the close into a reset.
    Discarded,
    Ended,
}

impl Relay {
    /// A session whose client has sent `first` so far, startup packet included.
    pub(crate) fn new(client: Stream, backend: Stream, first: Buffer, login: Login) -> Self {
        Self {
            client,
            backend,
            up: Pump::holding(first),
            down: Pump::default(),
            upward: Upward::Forwarded,
            login: Some(Box::new(login)),
            cancel: None,
            linger: None,
            end: None,
        }
    }

    /// Bytes that reached the server, bytes that reached the client.
    pub(crate) fn moved(&self) -> (u64, u64) {
        (self.up.moved(), self.down.moved())
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if let Some(login) = &mut self.login
            && login.poll_deadline(cx).is_ready()
        {
            return Poll::Ready(End::AuthenticationTimeout);
        }
        if self.poll_up(cx).is_err()
            || self.poll_down(cx).is_err()
            || self.poll_discard(cx).is_err()
        {
            return Poll::Ready(self.end.unwrap_or(End::ClientLost));
        }
        match &mut self.linger {
            Some(_) if self.upward == Upward::Ended => Poll::Ready(()),
            Some(linger) => linger.as_mut().poll(cx),
            None => Poll::Pending,
        }
        .map(|()| self.end.unwrap_or(End::Backend))
    }

    fn poll_up(&mut self, cx: &mut Context<'_>) -> Result<(), ClientLost> {
        if self.upward != Upward::Forwarded {
            return Ok(());
        }
        let Self {
            client,
            backend,
            login,
            ..
        } = self;
        let told = login.is_some();
        let polled = self.up.poll(cx, client, backend, told, |_, passing| {
            if let (Some(login), Passing::Read(_, arrived)) = (&mut *login, passing) {
                login.client_spoke(arrived.unwrap_or_else(Arrival::now));
            }
            Poll::Ready(())
        });
        match polled {
            Poll::Ready(Ok(())) => self.client_ended(),
            Poll::Ready(Err(Broken::Sink)) => self.upward = Upward::Discarded,
            Poll::Ready(Err(Broken::Source)) => return Err(ClientLost),
            Poll::Pending => {}
        }
        Ok(())
    }

    fn poll_down(&mut self, cx: &mut Context<'_>) -> Result<(), ClientLost> {
        if self.linger.is_some() {
            return Ok(());
        }
        let mut polled = self.poll_down_pump(cx);
        if polled == Poll::Ready(Err(Broken::Source)) {
            self.down.end();
            polled = self.poll_down_pump(cx);
        }
        match polled {
            Poll::Ready(Ok(())) => self.backend_ended(),
            Poll::Ready(Err(_)) => return Err(ClientLost),
            Poll::Pending => {}
        }
        Ok(())
    }

    fn poll_down_pump(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let Self {
            client,
            backend,
            login,
            cancel,
            ..
        } = self;
        let told = login.is_some();
        let polled = self.down.poll(cx, backend, client, told, |cx, passing| {
            let Some(login) = login else {
                return Poll::Ready(());
            };
            match passing {
                Passing::Read(bytes, _) => {
                    let learnt = login.server_spoke(bytes);
                    *cancel = cancel.take().or(learnt);
                }
                Passing::Due => return login.poll_due(cx),
                Passing::Forwarded => login.client_heard(),
                Passing::Ended => login.server_ended(),
            }
            Poll::Ready(())
        });
        self.login.take_if(|login| login.is_over());
        polled
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Result<(), ClientLost> {
        if self.upward != Upward::Discarded {
            return Ok(());
        }
        match poll_discard(cx, &mut self.client) {
            Poll::Ready(Ok(())) => self.client_ended(),
            Poll::Ready(Err(_)) => return Err(ClientLost),
            Poll::Pending => {}
        }
        Ok(())
    }

    fn client_ended(&mut self) {
        self.upward = Upward::Ended;
        self.end.get_or_insert(End::Client);
    }

    fn backend_ended(&mut self) {
        if self.upward == Upward::Forwarded {
            self.upward = Upward::Discarded;
        }
        self.login = None;
        self.end.get_or_insert(End::Backend);
        self.linger = Some(Box::pin(sleep(LINGER)));
    }
}

/// Neither direction makes sense any more.
struct ClientLost;

pub(crate) const LINGER: Duration = Duration::from_secs(2);

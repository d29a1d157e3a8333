use super::peer::{Gone, Peer};
use crate::shared::Shared;
use pgs_core::{
    handshake::mock_scram::{MockAction, MockScram, MockStep},
    routing::RouteRequest,
    wire::StartupMessage,
};
use tokio::time::{Instant, sleep};

/// A server that names the role which a live one would name, with a salt of that role and that tenant alone.
pub(super) fn impostor(shared: &Shared, request: &RouteRequest<'_>) -> MockScram {
    let secret = &shared.config.mock_secret;
    MockScram::new(request.role(), secret, rand::random())
        .with_salt_of(&request.identity(), secret)
        .with_wrong_password_source(shared.wrong_password.source())
}

/// Lets the client try its password on a server that is not there.
pub(super) async fn decoy(
    shared: &Shared,
    mut peer: Peer,
    mut exchange: MockScram,
    startup: &StartupMessage<'_>,
    pipelined: &[u8],
) {
    let deadline = Instant::now() + shared.config.authentication_timeout;
    sleep(shared.pace.sample()).await;
    let mut greeting = Vec::new();
    if let Some(negotiation) = startup.negotiation() {
        negotiation.encode(&mut greeting);
    }
    greeting.extend(exchange.greeting());
    if peer.write(&greeting, deadline).await.is_ok()
        && let Ok(last_words) =
            converse(&mut peer, &mut exchange, pipelined.to_vec(), deadline).await
    {
        peer.farewell(&last_words).await;
    }
}

async fn converse(
    peer: &mut Peer,
    exchange: &mut MockScram,
    mut unread: Vec<u8>,
    deadline: Instant,
) -> Result<Vec<u8>, Gone> {
    let MockStep {
        mut consumed,
        mut action,
    } = exchange.advance(&unread);
    loop {
        match action {
            MockAction::NeedMore(_) => match peer.read(&mut unread, MAX_UNREAD, deadline).await {
                Ok(()) => MockStep { consumed, action } = exchange.advance(&unread),
                Err(Gone) if Instant::now() >= deadline => return Err(Gone),
                Err(Gone) => action = exchange.end_of_input(&unread),
            },
            MockAction::Reply(bytes) => {
                peer.write(&bytes, deadline).await?;
                unread.drain(..consumed);
                MockStep { consumed, action } = exchange.advance(&unread);
            }
            MockAction::Reject(bytes) => return Ok(bytes),
            MockAction::Close => return Err(Gone),
        }
    }
}

/// The longest message of an exchange is 1025 bytes; a startup packet's buffer may have brought more.
const MAX_UNREAD: usize = 16 * 1024;

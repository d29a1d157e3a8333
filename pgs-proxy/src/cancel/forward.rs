use crate::stream::Stream;
use pgs_core::Endpoint;
use std::{future::poll_fn, io, time::Duration};
use tokio::{io::AsyncWriteExt, time::timeout};

/// Brings the packet to each server and waits until the server has dealt with it, which it shows by closing.
pub(crate) async fn forward(packet: &[u8], endpoints: &[Endpoint], limit: Duration) {
    for endpoint in endpoints {
        let Ok(Ok(())) = timeout(limit, deliver(packet, endpoint, limit)).await else {
            tracing::debug!(%endpoint, "a cancel request did not arrive");
            continue;
        };
    }
}

async fn deliver(packet: &[u8], endpoint: &Endpoint, limit: Duration) -> io::Result<()> {
    let mut backend = Stream::connect(endpoint, limit).await?;
    backend.write_all(packet).await?;
    while !poll_fn(|cx| backend.poll_take(cx, usize::MAX))
        .await?
        .unwritten()
        .is_empty()
    {}
    Ok(())
}

use super::{house::settle, script::Script};
use std::path::Path;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

/// Says its part, ends its side, and answers what it heard until the other side ended too.
pub(super) async fn client(proxy: &Path, script: &Script<'_>) -> Vec<u8> {
    let mut heard = Vec::new();
    let Ok(mut stream) = UnixStream::connect(proxy).await else {
        unreachable!("the proxy does not listen");
    };
    for piece in script.client.pieces() {
        // A proxy that has heard enough closes; what it said can still be read.
        if stream.write_all(piece).await.is_err() {
            break;
        }
        settle().await;
    }
    if script.client_drops {
        return heard;
    }
    let _ = stream.shutdown().await;
    // A reset comes behind everything that was said.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

use super::{
    house::settle,
    script::{Script, Server},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// Takes one connection, hears it to its end, says its part, and answers what it heard.
pub(super) async fn backend(listener: &UnixListener, script: &Script<'_>) -> Vec<u8> {
    let mut heard = Vec::new();
    let Ok((mut stream, _)) = listener.accept().await else {
        unreachable!("the server cannot accept");
    };
    if script.server != Server::Deaf {
        let _ = stream.read_to_end(&mut heard).await;
    }
    speak(&mut stream, script).await;
    heard
}

async fn speak(stream: &mut UnixStream, script: &Script<'_>) {
    for piece in script.backend.pieces() {
        if stream.write_all(piece).await.is_err() {
            return;
        }
        settle().await;
    }
}

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::crowd::Crowd;
use crate::origin::connect;
use crate::until_told::until_told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    target: SocketAddr,
    #[arg(long)]
    connections: usize,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let crowd = Arc::new(Crowd::of([
            "connected",
            "closed by the proxy",
            "not connected",
        ]));
        for number in 0..self.connections {
            tokio::spawn(bother(number, self.target, Arc::clone(&crowd)));
        }
        while crowd.total() < self.connections as u64 {
            sleep(Duration::from_millis(10)).await;
        }
        until_told().await;
        crowd.say();
        Ok(())
    }
}

async fn bother(number: usize, target: SocketAddr, crowd: Arc<Crowd<3>>) {
    loop {
        let Ok(mut stream) = connect(number, target).await else {
            crowd.count("not connected");
            sleep(PAUSE).await;
            continue;
        };
        crowd.count("connected");
        for byte in PACKET {
            // An answer is an end, since a packet that is not complete has none.
            let over = stream.write_all(&[*byte]).await.is_err()
                || tokio::time::timeout(PAUSE, stream.read(&mut [0]))
                    .await
                    .is_ok();
            if over {
                break;
            }
        }
        crowd.count("closed by the proxy");
    }
}

/// The beginning of a startup packet that is never sent to its end.
const PACKET: &[u8] = b"\0\0\x20\0\0\x03\0\0user\0a-name-that-goes-on-and-on-and-on-and-on";
const PAUSE: Duration = Duration::from_secs(1);

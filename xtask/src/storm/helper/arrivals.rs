use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::crowd::Crowd;
use crate::origin::connect;
use crate::until_told::until_told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    target: SocketAddr,
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    clients: usize,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let crowd = Arc::new(Crowd::of([
            "asked for a password",
            "refused",
            "closed",
            "silence",
        ]));
        let mut clients = JoinSet::new();
        let packet = startup(&self.tenant);
        for number in 0..self.clients {
            let mut stream = connect(number, self.target).await?;
            stream.write_all(&packet).await?;
            clients.spawn(answered(stream, Arc::clone(&crowd)));
        }
        until_told().await;
        clients.join_all().await;
        crowd.say();
        Ok(())
    }
}

async fn answered(mut stream: TcpStream, crowd: Arc<Crowd<4>>) {
    let answer = timeout(LIMIT, stream.read_u8()).await;
    crowd.count(match answer {
        Ok(Ok(b'R')) => "asked for a password",
        Ok(Ok(_)) => "refused",
        Ok(Err(_)) => "closed",
        Err(_) => "silence",
    });
}

fn startup(tenant: &str) -> Vec<u8> {
    let body = [b"\0\x03\0\0user\0", tenant.as_bytes(), b"\0\0"].concat();
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

const LIMIT: Duration = Duration::from_secs(30);

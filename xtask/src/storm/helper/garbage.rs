use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::RngExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::crowd::Crowd;
use crate::origin::connect;
use crate::until_told::until_told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    target: SocketAddr,
    /// Connections in a second
    #[arg(long)]
    rate: usize,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let crowd = Arc::new(Crowd::of(["thrown", "not connected"]));
        let throwing = tokio::spawn(throw_forever(self.target, self.rate, Arc::clone(&crowd)));
        let began = Instant::now();
        until_told().await;
        throwing.abort();
        crowd.say_in(began.elapsed());
        Ok(())
    }
}

/// As many as were asked for, whatever becomes of those before.
async fn throw_forever(target: SocketAddr, rate: usize, crowd: Arc<Crowd<2>>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let each = rate.div_ceil(TICKS_PER_SECOND);
    for number in (0..).step_by(each) {
        ticks.tick().await;
        for number in number..number + each {
            let crowd = Arc::clone(&crowd);
            tokio::spawn(async move {
                let thrown = timeout(LIMIT, throw(number, target)).await;
                crowd.count(match thrown {
                    Ok(Ok(())) => "thrown",
                    _ => "not connected",
                });
            });
        }
    }
}

async fn throw(number: usize, target: SocketAddr) -> std::io::Result<()> {
    let mut stream = connect(number, target).await?;
    let mut noise = [0; 64];
    rand::rng().fill(&mut noise[..]);
    let bytes: &[u8] = match number / 50 % KINDS {
        0 => &noise,
        1 => b"GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n",
        2 => b"\x7F\xFF\xFF\xFF\0\x03\0\0",
        3 => b"\0\0\0\x2A\0\x03\0\0user\0half",
        4 => b"\x16\x03\x01\x02\0\x01",
        5 => b"\0\0\0\x08\x04\xD2\x16\x2F",
        _ => b"",
    };
    // The proxy may be faster with its close.
    drop(stream.write_all(bytes).await);
    if number.is_multiple_of(3) {
        return stream.set_zero_linger();
    }
    if matches!(number / 50 % KINDS, 0..=2) {
        drop(stream.read(&mut noise).await);
    }
    Ok(())
}

const KINDS: usize = 7;
const TICK: Duration = Duration::from_millis(10);
const TICKS_PER_SECOND: usize = 100;
/// Longer than a handshake may take.
const LIMIT: Duration = Duration::from_secs(15);

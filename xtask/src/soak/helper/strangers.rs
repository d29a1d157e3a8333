//! Those who do not get in. They come from other addresses of this machine than the tenant's clients.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::{Config, NoTls, error::SqlState};

use crate::house::{Counts, House};
use crate::origin::connect;

/// Guesses passwords, until the address is banned and after that.
pub(crate) async fn guess_until(house: House) -> Result<Counts> {
    let (mut refused, mut banned) = (0, 0);
    let mut ticks = every(BETWEEN_GUESSES);
    for number in 0.. {
        ticks.tick().await;
        if !house.is_open() {
            break;
        }
        let (door, is_restless) = house.door(number / ADDRESSES);
        let guessed = timeout(LIMIT, guess(&house, door, number)).await;
        let code = guessed.with_context(|| format!("nobody answers a guess at {door}"))??;
        match code {
            Some(SqlState::TOO_MANY_CONNECTIONS) => banned += 1,
            Some(SqlState::INVALID_PASSWORD) => refused += 1,
            _ if is_restless => refused += 1,
            other => bail!("a guess at {door} is told {other:?}"),
        }
    }
    Ok(vec![("refused", refused), ("banned", banned)])
}

/// What a wrong password is told.
async fn guess(house: &House, door: &str, number: usize) -> Result<Option<SqlState>> {
    let stream = connect(number % ADDRESSES, house.target).await?;
    let mut config = Config::new();
    config.user(door).password("wrong");
    let Err(error) = config.connect_raw(stream, NoTls).await else {
        bail!("a wrong password was right");
    };
    Ok(error.code().cloned())
}

/// Begins a connection in several ways and is gone before it is one.
pub(crate) async fn hang_up_until(house: House) -> Result<Counts> {
    let mut hung_up = 0;
    let mut ticks = every(BETWEEN_CALLS);
    for number in 0.. {
        ticks.tick().await;
        if !house.is_open() {
            break;
        }
        let stream = connect(number % ADDRESSES, house.target).await?;
        // Whatever the proxy says to it or does.
        drop(timeout(LIMIT, hang_up(&house, stream, number)).await?);
        hung_up += 1;
    }
    Ok(vec![("hung_up", hung_up)])
}

async fn hang_up(house: &House, mut stream: TcpStream, number: usize) -> std::io::Result<()> {
    let packet = startup(house.door(number / WAYS).0);
    match number % WAYS {
        0 => {}
        1 => stream.write_all(packet.get(..9).unwrap_or(&packet)).await?,
        2 => stream.write_all(&packet).await?,
        3 => {
            stream.write_all(&packet).await?;
            stream.read_u8().await?;
        }
        4 => {
            stream.write_all(&packet).await?;
            stream.read_u8().await?;
            stream.set_zero_linger()?;
        }
        _ => {
            stream.write_all(SSL_REQUEST).await?;
            stream.read_u8().await?;
            stream.write_all(&packet).await?;
            stream.shutdown().await?;
            while stream.read(&mut [0; 512]).await? > 0 {}
        }
    }
    Ok(())
}

fn every(time: Duration) -> tokio::time::Interval {
    let mut ticks = interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn startup(tenant: &str) -> Vec<u8> {
    let body = [b"\0\x03\0\0user\0", tenant.as_bytes(), b"\0\0"].concat();
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], &body].concat()
}

const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x2F";
const WAYS: usize = 6;
/// So few that what the proxy remembers of them is soon complete.
const ADDRESSES: usize = 10;
const BETWEEN_GUESSES: Duration = Duration::from_millis(20);
const BETWEEN_CALLS: Duration = Duration::from_millis(10);
const LIMIT: Duration = Duration::from_mins(1);

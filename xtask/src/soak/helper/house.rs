use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket, tls::NoTlsStream};

/// Helper of `cargo xtask soak`: clients of one tenant, and strangers at several
#[derive(Clone, Debug, clap::Parser)]
pub(crate) struct House {
    #[arg(long)]
    pub(crate) target: SocketAddr,
    #[arg(long)]
    pub(crate) tenant: String,
    /// At whose doors strangers are, whether there is somebody or not
    #[arg(long)]
    doors: Vec<String>,
    /// At whose too, where what they are told depends on the moment
    #[arg(long)]
    restless: Vec<String>,
    #[arg(long)]
    pub(crate) password: String,
    #[arg(long)]
    seconds: f64,
    #[arg(skip = Instant::now())]
    began: Instant,
}

/// How often something happened, by name.
pub(crate) type Counts = Vec<(&'static str, u64)>;

impl House {
    pub(crate) fn is_open(&self) -> bool {
        self.began.elapsed() < Duration::from_secs_f64(self.seconds)
    }

    /// One after the other; and whether it is a restless one.
    pub(crate) fn door(&self, number: usize) -> (&str, bool) {
        let doors = self.doors.iter().map(|door| (&**door, false));
        let restless = self.restless.iter().map(|door| (&**door, true));
        let all = self.doors.len() + self.restless.len();
        let door = doors.chain(restless).nth(number % all.max(1));
        door.unwrap_or((&self.tenant, false))
    }

    pub(crate) async fn enter(&self) -> Result<(Client, Connection<Socket, NoTlsStream>)> {
        let mut config = Config::new();
        config
            .host(self.target.ip().to_string())
            .port(self.target.port())
            .user(&self.tenant)
            .password(&self.password);
        Ok(config.connect(NoTls).await?)
    }
}

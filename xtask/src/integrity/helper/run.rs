use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use pgs_core::Endpoint;
use pgs_proxy::ListenerPolicy;
use serde_json::{Value, json};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::client::Door;
use crate::encryption::encryption;
use crate::gateway::Gateway;
use crate::party::Plan;
use crate::pipes::{Hoard, Watch};
use crate::server::{self, Server};
use crate::way::Way;

/// Helper of `cargo xtask integrity`: all sessions over one way
#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    #[arg(long)]
    way: Way,
    #[arg(long)]
    sessions: u32,
    /// That each side of a session says
    #[arg(long)]
    bytes: u64,
    #[arg(long)]
    seed: u64,
}

impl Args {
    pub(crate) async fn run(self) -> Result<Value> {
        let hoard = (self.way == Way::NoPipes).then(Hoard::gather).transpose()?;
        let files = tempfile::tempdir()?;
        let (gateway, server, door) = self.set_up(files.path()).await?;
        let (watch, began) = (Watch::begin()?, Instant::now());
        let limit = LIMIT + Duration::from_secs(self.bytes * u64::from(self.sessions) / SLOWEST);
        let met = timeout(limit, self.meet(server, door));
        met.await
            .with_context(|| format!("it hangs: not all is there after {limit:?}"))??;
        let seconds = began.elapsed().as_secs_f64();
        timeout(LIMIT, all_left(&gateway))
            .await
            .context("sessions are left over")?;
        let (up, down) = gateway.moved();
        self.check_count("clients", up)?;
        self.check_count("servers", down)?;
        hoard.map_or(Ok(()), |hoard| hoard.check())?;
        let pipes = watch.end();
        ensure!(
            self.way.has_pipes().is_none_or(|has| has == (pipes > 0)),
            "the proxy had {pipes} pipes over {:?}",
            self.way
        );
        Ok(json!({"to_server": up, "to_client": down, "seconds": seconds, "pipes": pipes}))
    }

    async fn set_up(&self, files: &Path) -> Result<(Gateway, Server, Door)> {
        let (server, endpoint) = if self.way.ends_in_tcp() {
            let (server, address) = Server::tcp().await?;
            (server, Endpoint::Tcp(address))
        } else {
            let path = files.join("server");
            (Server::unix(&path)?, Endpoint::Unix(path))
        };
        let gateway = Gateway::to(endpoint)?;
        let door = if self.way == Way::Unix {
            let path = files.join("proxy");
            gateway.listen_at(&path)?;
            Door::Unix(path)
        } else if self.way.has_tls() {
            let (policy, config) = encryption(files)?;
            Door::Tls(gateway.listen(policy)?, config)
        } else {
            Door::Tcp(gateway.listen(ListenerPolicy::default())?)
        };
        Ok((gateway, server, door))
    }

    async fn meet(&self, server: Server, door: Door) -> Result<()> {
        let plan = Plan {
            seed: self.seed,
            number: 0,
            bytes: self.bytes,
        };
        let mut parties = JoinSet::new();
        parties.spawn(server.serve(plan, self.sessions));
        for number in 0..self.sessions {
            let visit = door.clone().visit(Plan { number, ..plan });
            parties.spawn(async move {
                let met = visit.await;
                met.with_context(|| format!("at the client of session {number}"))
            });
        }
        while let Some(met) = parties.join_next().await {
            met??;
        }
        Ok(())
    }

    /// The proxy counts what it moves, the startup packets and the answers to them included.
    fn check_count(&self, whose: &str, moved: u64) -> Result<()> {
        let said = self.bytes * u64::from(self.sessions);
        let more = moved.checked_sub(said);
        let more = more.with_context(|| format!("{moved} bytes of the {whose} were counted"))?;
        let most = (STARTUP.max(server::welcome().len()) as u64) * u64::from(self.sessions);
        ensure!(
            more <= most,
            "{more} bytes of the {whose} were counted that nobody sent"
        );
        Ok(())
    }
}

/// A session is over a moment after its sockets were closed.
async fn all_left(gateway: &Gateway) {
    while gateway.live_sessions() > 0 {
        yield_now().await;
    }
}

const LIMIT: Duration = Duration::from_mins(1);
/// Bytes a second, over any of the ways and on any machine.
const SLOWEST: u64 = 2 << 20;
/// No client's packet is longer.
const STARTUP: usize = 100;

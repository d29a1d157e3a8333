//! What a session that does nothing costs a proxy.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};

use super::peer::{self, Peer};
use super::series::{Effort, Spread};
use super::server::Server;
use super::site::Site;

/// KiB per session of every proxy, round by round.
pub(super) fn measure(
    site: &Site,
    server: &Server,
    effort: Effort,
) -> Result<BTreeMap<&'static str, Vec<f64>>> {
    let mut kib: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for number in 0..effort.idle_rounds {
        println!(
            "idle sessions, round {} of {}",
            number + 1,
            effort.idle_rounds
        );
        // New ones in every round, since memory that was needed once is kept.
        for peer in peer::proxies(site, server)? {
            let per_session = growth(site, &peer, effort.idle_sessions)?;
            kib.entry(peer.name).or_default().push(per_session);
        }
    }
    Ok(kib)
}

pub(super) fn spread(kib: &[f64]) -> Spread {
    Spread::of(kib.to_vec())
}

fn growth(site: &Site, peer: &Peer, sessions: usize) -> Result<f64> {
    let proxy = peer.proxy.as_ref().context("no proxy has no memory")?;
    Sessions::open(site, peer, WARM_UP)?.close()?;
    let before = proxy.private_kib()?;
    let held = Sessions::open(site, peer, sessions)?;
    let after = proxy.private_kib()?;
    held.close()?;
    #[expect(clippy::cast_precision_loss, reason = "there are thousands, not 2^52")]
    let sessions = sessions as f64;
    Ok((after - before) / sessions)
}

/// Sessions that were asked one query each and then left alone.
struct Sessions(Child);

impl Sessions {
    fn open(site: &Site, peer: &Peer, count: usize) -> Result<Self> {
        let mut command = site.ours("bench-helper");
        command.args(["hold", "--sessions", &count.to_string()]);
        peer.address.helper(&mut command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("the helper is mute")?;
        let mut said = String::new();
        BufReader::new(stdout).read_line(&mut said)?;
        let sessions = Self(child);
        anyhow::ensure!(
            said.trim() == count.to_string(),
            "not all of {count} sessions through {} came about",
            peer.name
        );
        Ok(sessions)
    }

    fn close(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a proxy sets up once is not what a session costs.
const WARM_UP: usize = 16;

//! What a session that does nothing costs a proxy.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result};
use serde::Serialize;

use super::certificate::Certificate;
use super::peer::{self, Peer};
use super::report::{line, row};
use super::series::{Effort, Spread};
use super::server::Server;
use super::site::Site;

/// So many sessions at one time, through every proxy.
#[derive(Debug, Serialize)]
pub(super) struct Holding {
    pub(super) sessions: usize,
    tls: bool,
    /// KiB per session of every proxy, round by round.
    pub(super) kib: BTreeMap<&'static str, Vec<f64>>,
}

/// The first is the one that is always made, in the clear.
pub(super) fn measure(site: &Site, server: &Server, effort: Effort) -> Result<Vec<Holding>> {
    let certificate = Certificate::make(site)?;
    let plans = [
        (Some(effort.idle_sessions), None),
        (effort.most_sessions, None),
        (Some(effort.idle_sessions), Some(&certificate)),
        (effort.most_sessions, Some(&certificate)),
    ];
    let plans = plans.into_iter();
    plans
        .filter_map(|(sessions, certificate)| Some((sessions?, certificate)))
        .map(|(sessions, certificate)| {
            hold(site, server, certificate, sessions, effort.idle_rounds)
        })
        .collect()
}

fn hold(
    site: &Site,
    server: &Server,
    certificate: Option<&Certificate>,
    sessions: usize,
    rounds: usize,
) -> Result<Holding> {
    let mut holding = Holding {
        sessions,
        tls: certificate.is_some(),
        kib: BTreeMap::new(),
    };
    for number in 0..rounds {
        println!("{}, round {} of {rounds}", holding.title(), number + 1);
        // New ones in every round, since memory that was needed once is kept.
        for peer in peer::proxies(site, server, certificate)? {
            let per_session = growth(site, &peer, sessions)?;
            holding.kib.entry(peer.name).or_default().push(per_session);
        }
    }
    Ok(holding)
}

impl Holding {
    fn title(&self) -> String {
        let encrypted = if self.tls { "TLS" } else { "idle" };
        format!("{} {encrypted} sessions", self.sessions)
    }

    pub(super) fn cell(&self, peer: &str) -> String {
        let Some(kib) = self.kib.get(peer) else {
            return "-".to_owned();
        };
        let spread = Spread::of(kib.clone());
        format!(
            "{:.1} KiB ({:.1}-{:.1})",
            spread.median, spread.low, spread.high
        )
    }
}

pub(super) fn table(holdings: &[Holding], text: &mut String) {
    line(
        text,
        "\nMemory per idle session, by how many there are at one time (lowest-highest).\n",
    );
    row(text, "", holdings.iter().map(Holding::title));
    row(text, "---", holdings.iter().map(|_| "---".to_owned()));
    let peers = holdings.iter().flat_map(|holding| holding.kib.keys());
    let peers: std::collections::BTreeSet<_> = peers.collect();
    for peer in peers {
        row(
            text,
            peer,
            holdings.iter().map(|holding| holding.cell(peer)),
        );
    }
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
        if let Some(encryption) = peer.encryption {
            command.args(["--tls", encryption.flag()]);
        }
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

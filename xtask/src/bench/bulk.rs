//! Copies of much data, by ways that are the quicker for them.

use anyhow::Result;

use super::peer::{self, DIRECT_TCP, HAPROXY_SPLICING, HAPROXY_UNIX, Peer};
use super::report::{line, ratio, row, speed};
use super::series::{Effort, Series};
use super::server::Server;
use super::site::Site;
use super::workload::{DOWNLOAD, Sample, UPLOAD};

/// With these ways, and HAProxy's splicing ones among them.
pub(super) fn measure(
    site: &Site,
    server: &Server,
    mut peers: Vec<Peer>,
    effort: Effort,
) -> Result<Vec<Series>> {
    let before = peers.iter().position(|peer| peer.name == HAPROXY_UNIX);
    let place = before.map_or(peers.len(), |before| before + 1);
    peers.splice(place..place, peer::splicing(site, server)?);
    [DOWNLOAD, UPLOAD]
        .iter()
        .map(|workload| Series::play(workload, site, &peers, effort))
        .collect()
}

pub(super) fn table(bulk: &[Series], effort: Effort, text: &mut String) {
    let megabytes = effort.bulk_rows / 1_000;
    line(
        text,
        &format!(
            "\nBulk copies of {megabytes} MB: MB/s, direct TCP = 1 (lowest-highest); CPU seconds of the proxy per GB, in brackets compared with whichever of HAProxy's splicing legs took less in the round (lowest-highest).\n"
        ),
    );
    let titles = bulk.iter().flat_map(|rounds| {
        let title = rounds.workload;
        [title.to_owned(), format!("CPU per GB, {title}")]
    });
    row(text, "", titles.clone());
    row(text, "---", titles.map(|_| "---".to_owned()));
    let direct = |rounds: &Series| {
        let speed = rounds.of(DIRECT_TCP, |sample| Some(sample.per_second));
        [format!("{:.0} MB/s", speed.median), "-".to_owned()]
    };
    row(text, DIRECT_TCP, bulk.iter().flat_map(direct));
    let peers = bulk.first().map(|rounds| &rounds.peers[..]);
    for peer in peers.unwrap_or_default() {
        if *peer != DIRECT_TCP {
            row(
                text,
                peer,
                bulk.iter().flat_map(|rounds| cells(rounds, peer)),
            );
        }
    }
}

fn cells(rounds: &Series, peer: &str) -> [String; 2] {
    let seconds = rounds.of(peer, seconds_per_gb);
    let to_splice = rounds.ratio_to_least(peer, &HAPROXY_SPLICING, seconds_per_gb);
    let cpu = if seconds.median.is_nan() {
        "-".to_owned()
    } else {
        format!("{:.2} s ({})", seconds.median, ratio(to_splice))
    };
    [ratio(rounds.ratio(peer, DIRECT_TCP, speed)), cpu]
}

/// A microsecond per megabyte is a thousandth of a second per gigabyte.
fn seconds_per_gb(sample: &Sample) -> Option<f64> {
    sample.proxy_cpu_us.map(|per_megabyte| per_megabyte / 1e3)
}

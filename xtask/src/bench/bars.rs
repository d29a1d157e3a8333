//! What the proxy has to reach, and whether a run has seen it: ratios within the rounds of one run, so that anybody's
//! machine can judge.

use serde::Serialize;

use super::memory::Holding;
use super::peer::{HAPROXY_SPLICING, HAPROXY_TCP, HAPROXY_UNIX, PGS};
use super::report::{Proxies, line, row, speed};
use super::series::{Series, Spread};
use super::workload::{
    CONNECTS, DOWNLOAD, RECONNECT, SMALL_1, SMALL_8, Sample, TPC_B, UPLOAD, Workload,
};

/// One of them, and what was seen.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    what: String,
    must: String,
    #[serde(skip)]
    limit: Limit,
    seen: Spread,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    AtLeast(f64),
    AtMost(f64),
}
use Limit::AtLeast;
pub(super) use Limit::AtMost;

/// pgs beside another, or whichever of some took least in the round.
struct Rule {
    workload: &'static Workload,
    what: &'static str,
    pick: fn(&Sample) -> Option<f64>,
    limit: Limit,
    than: &'static [&'static str],
}

const RULES: [Rule; 12] = [
    faster(&SMALL_8, 1.2, &[HAPROXY_TCP]),
    faster(&SMALL_8, 1.0, &[HAPROXY_UNIX]),
    faster(&SMALL_1, 1.2, &[HAPROXY_TCP]),
    faster(&TPC_B, 1.1, &[HAPROXY_TCP]),
    faster(&RECONNECT, 1.0, &[HAPROXY_TCP]),
    faster(&CONNECTS, 1.3, &[HAPROXY_TCP]),
    Rule {
        workload: &CONNECTS,
        what: "connect p99",
        pick: |sample| sample.p99_us,
        limit: AtMost(1.0),
        than: &[HAPROXY_UNIX],
    },
    cheaper(
        &SMALL_8,
        "CPU per small query, 8 clients",
        0.9,
        &[HAPROXY_TCP],
    ),
    faster(&DOWNLOAD, 1.0, &[HAPROXY_TCP]),
    faster(&UPLOAD, 1.0, &[HAPROXY_TCP]),
    cheaper(&DOWNLOAD, "CPU per GB, download", 1.0, &HAPROXY_SPLICING),
    cheaper(&UPLOAD, "CPU per GB, upload", 1.0, &HAPROXY_SPLICING),
];

const fn faster(workload: &'static Workload, times: f64, than: &'static [&'static str]) -> Rule {
    Rule {
        workload,
        what: workload.title,
        pick: speed,
        limit: AtLeast(times),
        than,
    }
}

const fn cheaper(
    workload: &'static Workload,
    what: &'static str,
    times: f64,
    than: &'static [&'static str],
) -> Rule {
    Rule {
        workload,
        what,
        pick: |sample| sample.proxy_cpu_us,
        limit: AtMost(times),
        than,
    }
}

/// Those of which something was measured.
pub(super) fn of(proxies: &Proxies) -> Vec<Bar> {
    let series = || proxies.workloads.iter().chain(&proxies.bulk);
    let judged = RULES.iter().filter_map(|rule| {
        let mut series = series().filter(|series| series.workload == rule.workload.title);
        series.next().map(|series| rule.on(series))
    });
    let memory = proxies.idle.first().and_then(memory);
    let bars = judged.chain(memory).chain(proxies.known.bars());
    bars.filter(|bar| !bar.seen.median.is_nan()).collect()
}

fn memory(holding: &Holding) -> Option<Bar> {
    let kib = holding.kib.get(PGS)?.iter();
    let bytes = kib.map(|kib| kib * 1024.0).collect();
    let what = "memory per idle session, bytes";
    Some(Bar::new(what, AtMost(2_500.0), "", Spread::of(bytes)))
}

impl Rule {
    fn on(&self, series: &Series) -> Bar {
        let seen = series.ratio_to_least(PGS, self.than, self.pick);
        let than = format!(" x {}", self.than.join(" or "));
        Bar::new(self.what, self.limit, &than, seen)
    }
}

impl Limit {
    fn name(self) -> String {
        match self {
            AtLeast(limit) => format!("at least {limit}"),
            AtMost(limit) => format!("at most {limit}"),
        }
    }

    fn holds(self, number: f64) -> bool {
        match self {
            AtLeast(limit) => number >= limit,
            AtMost(limit) => number <= limit,
        }
    }
}

impl Bar {
    pub(super) fn new(what: &str, limit: Limit, unit: &str, seen: Spread) -> Self {
        Self {
            what: what.to_owned(),
            must: limit.name() + unit,
            limit,
            seen,
        }
    }

    /// The median decides; a range that has the limit inside says that another run may decide otherwise.
    fn verdict(&self) -> &'static str {
        let holds = |number| self.limit.holds(number);
        match (
            holds(self.seen.median),
            holds(self.seen.low),
            holds(self.seen.high),
        ) {
            (true, true, true) => "yes, in every round",
            (true, _, _) => "yes",
            (false, false, false) => "no, in no round",
            (false, _, _) => "no",
        }
    }
}

pub(super) fn table(bars: &[Bar], text: &mut String) {
    line(
        text,
        "\nWhat pgs must reach: the median (lowest-highest).\n",
    );
    let titles = ["must be", "seen", "reached"].map(str::to_owned);
    row(text, "", titles.into_iter());
    row(text, "---", ["---"; 3].map(str::to_owned).into_iter());
    for bar in bars {
        let Spread { median, low, high } = bar.seen;
        let digits = if median < 10.0 { 2 } else { 0 };
        let seen = format!("{median:.digits$} ({low:.digits$}-{high:.digits$})");
        let cells = [bar.must.clone(), seen, bar.verdict().to_owned()];
        row(text, &bar.what, cells.into_iter());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(limit: Limit, numbers: [f64; 3]) -> &'static str {
        Bar::new("", limit, "", Spread::of(numbers.to_vec())).verdict()
    }

    #[test]
    fn the_median_decides_and_the_range_tells_how_surely() {
        assert_eq!(
            verdict(AtLeast(1.2), [1.2, 1.3, 1.4]),
            "yes, in every round"
        );
        assert_eq!(verdict(AtLeast(1.2), [1.1, 1.3, 1.4]), "yes");
        assert_eq!(verdict(AtMost(0.9), [0.8, 0.95, 1.0]), "no");
        assert_eq!(verdict(AtMost(0.9), [0.91, 0.95, 1.0]), "no, in no round");
    }
}

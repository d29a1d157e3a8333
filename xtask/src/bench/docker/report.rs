//! What was seen on an engine, as tables for people.

use super::Findings;
use super::fleet::Fleet;
use super::rounds::{PGS, PLAIN, PLAIN_AGAIN, Rounds, Sample, percentile};
use crate::bench::report::{line, ratio, row};

impl Findings {
    pub(in crate::bench) fn tables(&self, text: &mut String) {
        self.rounds.table(text);
        line(
            text,
            &format!(
                "\nThe first tenant on an engine, for which the template is made, answered after {:.1} s.",
                self.first_create_ms / 1e3
            ),
        );
        self.fleet.table(text);
    }

    /// How far the A/A pair was apart in the worst round.
    pub(in crate::bench) fn noise(&self) -> f64 {
        let distance = |time: Time| {
            let pair = self.rounds.ratio(PLAIN_AGAIN, time.pick);
            (pair.high - 1.0).max(1.0 - pair.low)
        };
        TIMES.into_iter().map(distance).fold(0.0, f64::max)
    }
}

impl Rounds {
    fn table(&self, text: &mut String) {
        line(
            text,
            "\nDocker, until a query is answered; plain `docker run` = 1: the median of the rounds' ratios (lowest-highest), and p50 / p99 of the times.\n",
        );
        row(text, "", TIMES.iter().map(|time| time.title.to_owned()));
        row(text, "---", TIMES.iter().map(|_| "---".to_owned()));
        for way in [PLAIN, PLAIN_AGAIN, PGS] {
            row(
                text,
                way,
                TIMES.iter().map(|time| self.cell(way, time.pick)),
            );
        }
    }

    fn cell(&self, way: &str, pick: fn(&Sample) -> f64) -> String {
        let times = milliseconds(&self.times(way, pick));
        if way == PLAIN {
            return times;
        }
        format!("{}; {times}", ratio(self.ratio(way, pick)))
    }
}

impl Fleet {
    fn table(&self, text: &mut String) {
        let tenants = self.create_ms.len();
        line(text, &format!("\n{tenants} tenants on one engine.\n"));
        row(text, "what", ["seen".to_owned()].into_iter());
        row(text, "---", ["---".to_owned()].into_iter());
        let seen = [
            (
                "`pgs create`, until the first query, p50 / p99",
                milliseconds(&self.create_ms),
            ),
            (
                "`pgs list`, a process of its own each time, p50 / p99",
                milliseconds(&self.list_ms),
            ),
            (
                "`pgs stop`, all of them",
                format!("{:.1} s", self.stop_all_s),
            ),
            (
                "`pgs start`, all of them",
                format!("{:.1} s", self.start_all_s),
            ),
            (
                "different servers answering behind the one port",
                self.answering.to_string(),
            ),
            ("memory per idle tenant (PSS)", self.memory()),
            (
                "growth of dockerd and containerd, per tenant",
                mib(self.memory.engine_kib),
            ),
            (
                "growth of everything on the machine, per tenant",
                mib(Some(self.memory.machine_kib)),
            ),
        ];
        for (what, seen) in seen {
            row(text, what, [seen].into_iter());
        }
    }

    fn memory(&self) -> String {
        let Some(tenant) = &self.memory.tenant else {
            return "not seen: that takes root".to_owned();
        };
        format!(
            "{}: its {:.1} server processes {}, docker-init {}, containerd-shim {}",
            mib(Some(tenant.kib())),
            tenant.postgres_processes,
            mib(Some(tenant.postgres_kib)),
            mib(Some(tenant.init_kib)),
            mib(Some(tenant.shim_kib)),
        )
    }
}

fn milliseconds(times: &[f64]) -> String {
    format!(
        "{:.0} / {:.0} ms",
        percentile(times, 50),
        percentile(times, 99)
    )
}

fn mib(kib: Option<f64>) -> String {
    kib.map_or_else(
        || "not seen".to_owned(),
        |kib| format!("{:.1} MiB", kib / 1024.0),
    )
}

/// A column.
struct Time {
    title: &'static str,
    pick: fn(&Sample) -> f64,
}

const TIMES: [Time; 2] = [
    Time {
        title: "create",
        pick: |sample| sample.create_ms,
    },
    Time {
        title: "restart",
        pick: Sample::restart_ms,
    },
];

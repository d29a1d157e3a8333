//! A run as it was written, read back as far as it is drawn.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::chart::{Bar, Chart, Panel};
use super::drawing;

/// Whatever else is in the file is not drawn.
#[derive(Debug, Deserialize)]
pub(super) struct Run {
    date: String,
    #[serde(default)]
    workloads: Vec<Series>,
    #[serde(default)]
    bulk: Vec<Series>,
    #[serde(default)]
    idle: Vec<Holding>,
    /// In runs that are older than `idle`.
    #[serde(default)]
    idle_session_kib: BTreeMap<String, Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct Series {
    workload: String,
    /// The first is what the others are compared with.
    peers: Vec<String>,
    rounds: Vec<Round>,
}

#[derive(Debug, Deserialize)]
struct Round {
    samples: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Holding {
    sessions: usize,
    tls: bool,
    kib: BTreeMap<String, Vec<f64>>,
}

impl Run {
    pub(super) fn drawing(&self) -> Result<String> {
        let first = self.series().next();
        let base = first.and_then(|series| series.peers.first());
        let base = base.context("there are no workloads in it, so there is nothing to draw")?;
        let speeds = self.series().filter_map(Series::speeds).collect();
        let panels = [
            Panel::of_ratios(format!("Speed, {base} = 1: higher is better"), speeds),
            Panel {
                title: "What the proxies cost: lower is better".to_owned(),
                charts: self.costs(),
            },
        ];
        Ok(drawing::svg(&self.caption(), &panels))
    }

    fn caption(&self) -> String {
        format!(
            "cargo xtask bench, {}: bars are medians of the rounds, whiskers the lowest and the highest",
            self.date
        )
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        self.workloads.iter().chain(&self.bulk)
    }

    fn costs(&self) -> Vec<Chart> {
        let each = |series: &'_ Series| series.processor("CPU", "us");
        // Counted by the megabyte.
        let bulk = |series: &'_ Series| series.processor("CPU per GB", "ms");
        let processor = self.workloads.iter().filter_map(each);
        let processor = processor.chain(self.bulk.iter().filter_map(bulk));
        let older = self.memory("idle session", &self.idle_session_kib);
        let held = self.idle.iter();
        let held = held.filter_map(|held| self.memory(&held.title(), &held.kib));
        processor.chain(older).chain(held).collect()
    }

    fn memory(&self, of: &str, kib: &BTreeMap<String, Vec<f64>>) -> Option<Chart> {
        let peers = self.series().next()?.peers.iter();
        let bars = peers.filter_map(|peer| Bar::of(peer, kib.get(peer)?.clone()));
        Chart::of(format!("memory, {of}"), "KiB", bars.collect())
    }
}

impl Series {
    /// Every other peer's speed as a multiple of the first one's of the same round.
    fn speeds(&self) -> Option<Chart> {
        let (base, others) = self.peers.split_first()?;
        let bars = others.iter().filter_map(|peer| {
            let ratio =
                |round: &Round| Some(round.of(peer, "per_second")? / round.of(base, "per_second")?);
            Bar::of(peer, self.rounds.iter().filter_map(ratio).collect())
        });
        Chart::of(self.workload.clone(), "", bars.collect())
    }

    fn processor(&self, title: &str, unit: &'static str) -> Option<Chart> {
        let bars = self.peers.iter().filter_map(|peer| {
            let spent = |round: &Round| round.of(peer, "proxy_cpu_us");
            Bar::of(peer, self.rounds.iter().filter_map(spent).collect())
        });
        Chart::of(format!("{title}, {}", self.workload), unit, bars.collect())
    }
}

impl Round {
    fn of(&self, peer: &str, number: &str) -> Option<f64> {
        self.samples.get(peer)?.get(number)?.as_f64()
    }
}

impl Holding {
    fn title(&self) -> String {
        let tls = if self.tls { " with TLS" } else { "" };
        format!("{} idle sessions{tls}", self.sessions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Run {
        let sample = |speed: f64, cpu: Option<f64>| serde_json::json!({ "per_second": speed, "proxy_cpu_us": cpu });
        let round = |direct, proxy| {
            serde_json::json!({ "load": "1", "samples": {
            "direct": sample(direct, None), "proxy <1>": sample(proxy, Some(20.0)) } })
        };
        let run = serde_json::json!({
            "date": "2026-11-23",
            "anything": { "else": 1 },
            "workloads": [{
                "workload": "queries", "command": "c", "peers": ["direct", "proxy <1>"],
                "rounds": [round(100.0, 50.0), round(1000.0, 600.0), round(10.0, 7.0)],
            }],
            "idle_session_kib": { "proxy <1>": [1.5, 1.6] },
        });
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn speeds_are_compared_within_each_round() {
        let chart = run().workloads.first().and_then(Series::speeds).unwrap();
        let bar = Bar::of("proxy <1>", vec![0.5, 0.6, 0.7]).unwrap();
        assert_eq!(chart.bars, [bar]);
    }

    #[test]
    fn only_what_has_a_cost_is_in_its_chart() {
        let titles: Vec<_> = run().costs().into_iter().map(|chart| chart.title).collect();
        assert_eq!(titles, ["CPU, queries", "memory, idle session"]);
        let run = run();
        let processor = run.workloads.first().unwrap().processor("CPU", "us");
        assert_eq!(processor.unwrap().bars.len(), 1);
    }

    #[test]
    fn sessions_that_were_held_in_several_ways_have_a_chart_each() {
        let held = |tls| Holding {
            sessions: 3000,
            tls,
            kib: BTreeMap::from([("proxy <1>".to_owned(), vec![1.0])]),
        };
        let run = Run {
            idle: vec![held(false), held(true)],
            idle_session_kib: BTreeMap::new(),
            ..run()
        };
        let titles: Vec<_> = run.costs().into_iter().map(|chart| chart.title).collect();
        let [_, held @ ..] = &titles[..] else {
            unreachable!("{titles:?}")
        };
        let expected = ["3000 idle sessions", "3000 idle sessions with TLS"];
        assert_eq!(held, expected.map(|title| format!("memory, {title}")));
    }

    #[test]
    fn a_drawing_has_every_bar_and_escapes_its_names() {
        let svg = run().drawing().unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("proxy &lt;1&gt;").count(), 3);
        assert!(svg.contains("0.60 (0.50-0.70)"), "{svg}");
    }

    #[test]
    fn a_run_without_workloads_is_not_drawn() {
        let run: Run = serde_json::from_str(r#"{"date":"x"}"#).unwrap();
        assert!(run.drawing().is_err());
    }
}

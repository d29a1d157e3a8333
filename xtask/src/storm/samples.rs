use serde::{Deserialize, Serialize};

/// What the witness felt in one or more phases, in microseconds each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Samples {
    /// From the first packet of a connection to the answer of its first query.
    connect_us: Vec<u64>,
    /// A query on an open session.
    query_us: Vec<u64>,
    failed: u64,
}

/// The middle and the end of a distribution, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Samples {
    pub(super) fn of_all(phases: &[Self]) -> Self {
        phases.iter().fold(Self::default(), |mut all, phase| {
            all.connect_us.extend(&phase.connect_us);
            all.query_us.extend(&phase.query_us);
            all.failed += phase.failed;
            all
        })
    }

    pub(super) fn connect(&self) -> Spread {
        Spread::of(&self.connect_us)
    }

    pub(super) fn query(&self) -> Spread {
        Spread::of(&self.query_us)
    }

    pub(super) fn failed(&self) -> u64 {
        self.failed
    }
}

impl Spread {
    fn of(times: &[u64]) -> Self {
        let mut times = times.to_vec();
        times.sort_unstable();
        let at = |percent: usize| {
            let index = times.len().saturating_sub(1) * percent / 100;
            let micros = times.get(index).copied().unwrap_or_default();
            f64::from(u32::try_from(micros).unwrap_or(u32::MAX)) / 1000.0
        };
        Self {
            p50: at(50),
            p99: at(99),
        }
    }
}

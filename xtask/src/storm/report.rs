use serde::Serialize;
use serde_json::Value;

use super::attack::Attack;
use super::samples::Samples;

/// Everything of one run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    date: String,
    processors: usize,
    rounds: usize,
    seconds: f64,
    pub(super) resident_before_kib: u64,
    pub(super) resident_after_kib: u64,
    /// A phase before every storm, and one at the end.
    pub(super) calm: Vec<Samples>,
    pub(super) storms: Vec<Storm>,
}

/// What was seen of one storm, round by round.
#[derive(Debug, Serialize)]
pub(super) struct Storm {
    name: String,
    #[serde(skip)]
    pub(super) attack: Attack,
    during: Vec<Samples>,
    /// The first two seconds after it.
    after: Vec<Samples>,
    /// The most memory the proxy had.
    resident_kib: Vec<u64>,
    attacker: Vec<Value>,
}

impl Storm {
    pub(super) fn expected(attack: Attack) -> Self {
        Self {
            name: attack.name(),
            attack,
            during: Vec::new(),
            after: Vec::new(),
            resident_kib: Vec::new(),
            attacker: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn add(&mut self, during: Samples, after: Samples, kib: u64, attacker: String) {
        self.during.push(during);
        self.after.push(after);
        self.resident_kib.push(kib);
        self.attacker
            .push(serde_json::from_str(&attacker).unwrap_or(Value::String(attacker)));
    }

    fn said(&self) -> String {
        let said: Vec<_> = self.attacker.iter().map(Value::to_string).collect();
        format!("- {}: {}", self.name, said.join(" "))
    }
}

impl Report {
    pub(super) fn begin(rounds: usize, seconds: f64, date: String) -> Self {
        Self {
            date,
            processors: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            rounds,
            seconds,
            resident_before_kib: 0,
            resident_after_kib: 0,
            calm: Vec::new(),
            storms: Vec::new(),
        }
    }

    pub(super) fn tables(&self) -> String {
        let mut lines = vec![
            format!(
                "{}, {} processors; {} rounds of {} s each.\n",
                self.date, self.processors, self.rounds, self.seconds
            ),
            HEADING.to_owned(),
        ];
        let (first, second) = self.calm_twice();
        lines.push(row("calm (A)", &first, Some(self.resident_before_kib)));
        lines.push(row("calm (A again)", &second, None));
        for storm in &self.storms {
            let most = storm.resident_kib.iter().max().copied();
            lines.push(row(&storm.name, &storm.during, most));
            lines.push(row("... the two seconds after", &storm.after, None));
        }
        lines.push(format!(
            "\nMemory at the end: {} MiB. What the attackers say:",
            self.resident_after_kib / 1024
        ));
        lines.extend(self.storms.iter().map(Storm::said));
        lines.join("\n")
    }

    /// Every other phase each: what is between the two is noise.
    fn calm_twice(&self) -> (Vec<Samples>, Vec<Samples>) {
        let (first, second): (Vec<_>, Vec<_>) =
            (self.calm.iter().cloned().enumerate()).partition(|(index, _)| index.is_multiple_of(2));
        let phases = |half: Vec<(usize, Samples)>| half.into_iter().map(|(_, phase)| phase);
        (phases(first).collect(), phases(second).collect())
    }
}

fn row(name: &str, phases: &[Samples], kib: Option<u64>) -> String {
    let all = Samples::of_all(phases);
    let (connect, query) = (all.connect(), all.query());
    let memory = kib.map(|kib| (kib / 1024).to_string()).unwrap_or_default();
    format!(
        "| {name} | {:.1} / {:.1} | {:.2} / {:.2} | {} | {memory} |",
        connect.p50,
        connect.p99,
        query.p50,
        query.p99,
        all.failed()
    )
}

const HEADING: &str = "\
| phase | connect + query p50 / p99, ms | query p50 / p99, ms | failed | memory, MiB |
|---|---|---|---|---|";

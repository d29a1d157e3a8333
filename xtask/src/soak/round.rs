use super::load::Counts;
use super::sample::Sample;
use super::trouble::Ended;

/// What happened in one round.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) counts: Counts,
    /// From above.
    pub(super) ended: Ended,
    pub(super) busiest: Sample,
}

impl Round {
    pub(super) fn row(&self, number: u64, calm: &Sample) -> String {
        let count = |name: &str| self.counts.get(name).copied().unwrap_or_default();
        let Self { ended, busiest, .. } = self;
        format!(
            "| {number} | {} / {} | {} / {} MiB | {} | {} / {} | {} / {} / {} | {} / {} / {} / {} MiB | {} |",
            count("connections"),
            count("queries"),
            count("copies"),
            count("copied_bytes") >> 20,
            count("cancelled"),
            ended.told,
            ended.cut,
            count("refused"),
            count("banned"),
            count("hung_up"),
            busiest.sessions,
            busiest.descriptors + busiest.pipe_ends,
            busiest.threads,
            busiest.private_kib / 1024,
            calm.cells(),
        )
    }
}

impl Sample {
    pub(super) fn cells(&self) -> String {
        let tables = self.of_the_connected().into_iter();
        let tables: u64 = tables.map(|(_, size)| size).sum();
        format!(
            "{} | {} + {} | {} | {} KiB | {tables} + {}",
            self.sessions,
            self.descriptors,
            self.pipe_ends,
            self.threads,
            self.private_kib,
            self.remembered(),
        )
    }
}

pub(super) const HEADING: &str = "\
| round | connects / queries | COPY in and out | cancels | sessions told 57P01 / cut | guesses / banned / hung up | most sessions / descriptors / threads / memory | then sessions | descriptors + pipe ends | threads | private memory | table entries + remembered |
|---|---|---|---|---|---|---|---|---|---|---|---|";

//! How long parsing, routing and refusing take by the clock: `cargo bench -p pgs-core --bench wire`.

mod cases;
mod peers;

use cases::Meter;
use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    cases::all(&mut criterion);
    peers::all(&mut criterion);
    criterion.final_summary();
}

impl Meter for Criterion {
    fn case<T>(&mut self, name: &str, mut run: impl FnMut() -> Option<T>) {
        self.bench_function(name, |bencher| bencher.iter(&mut run));
    }
}

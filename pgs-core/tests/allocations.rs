//! What a connection costs the allocator until it is known where it goes: nothing.

#[path = "../benches/cases/mod.rs"]
mod cases;

use cases::Meter;

/// A login leaves its key and its salt, a refusal is a message that grows.
#[test]
fn only_what_is_kept_or_sent_is_allocated() {
    let mut counts = Counts::default();
    cases::all(&mut counts);
    let costly: Vec<_> = counts
        .0
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect();
    let expected = [
        ("read along a login with SCRAM".to_owned(), 2),
        ("encode a refusal".to_owned(), 5),
    ];
    assert_eq!(costly, expected);
}

/// The allocations of one run of each case.
#[derive(Debug, Default)]
struct Counts(Vec<(String, u64)>);

impl Meter for Counts {
    fn case<T>(&mut self, name: &str, mut run: impl FnMut() -> Option<T>) {
        let mut result = None;
        let info = allocation_counter::measure(|| result = run());
        assert!(result.is_some(), "{name}");
        self.0.push((name.to_owned(), info.count_total));
    }
}

//! Replays every file of `corpus/` through its property.
#![expect(clippy::unwrap_used, reason = "a test says no by panicking")]

use std::path::Path;
use std::{fs, panic};

#[test]
fn startup_holds_for_its_corpus() {
    replay("startup", pgs_fuzz::startup);
}

#[test]
fn startup_split_holds_for_its_corpus() {
    replay("startup_split", pgs_fuzz::startup_split);
}

#[test]
fn handshake_holds_for_its_corpus() {
    replay("handshake", pgs_fuzz::handshake);
}

#[test]
fn key_sniffer_holds_for_its_corpus() {
    replay("key_sniffer", pgs_fuzz::key_sniffer);
}

#[test]
fn mock_scram_holds_for_its_corpus() {
    replay("mock_scram", pgs_fuzz::mock_scram);
}

#[test]
fn options_holds_for_its_corpus() {
    replay("options", pgs_fuzz::options);
}

#[test]
fn proxy_io_holds_for_its_corpus() {
    replay("proxy_io", pgs_fuzz::proxy_io);
}

fn replay(target: &str, property: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let data = fs::read(&path).unwrap();
        let held = panic::catch_unwind(|| property(&data)).is_ok();
        assert!(held, "{} is a counterexample", path.display());
        replayed += 1;
    }
    assert!(replayed > 0, "no seeds in {}", folder.display());
}

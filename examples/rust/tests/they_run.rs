//! Every example runs as a user would run it, and says what it is there to say.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::process::Command;

fn run(program: &str) -> String {
    let mut command = Command::new(program);
    if let Some(bindir) = std::env::var_os("PGS_TEST_PG18_BINDIR") {
        command.env("PGS_PG_BINDIR", bindir);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn embed_runs() {
    let said = run(env!("CARGO_BIN_EXE_embed"));
    assert!(said.contains("acme on PostgreSQL 18"), "{said}");
}

#[test]
fn own_router_runs() {
    assert_eq!(
        run(env!("CARGO_BIN_EXE_own_router")).trim(),
        "acme-report in acme"
    );
}

//! Every example runs as a user would run it, and says what it is there to say.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::process::Command;

fn run(program: &str) -> String {
    run_with(program, &[])
}

fn run_with(program: &str, args: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(args);
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
        "4711@legacy is acme in acme"
    );
}

#[test]
fn containers_runs() {
    let Some(docker) = testkit::Docker::find("the example of Docker tenants") else {
        return;
    };
    let said = run_with(env!("CARGO_BIN_EXE_containers"), &[&docker.image_18]);
    assert!(said.contains("PostgreSQL 18 in a container"), "{said}");
    assert!(
        said.contains("the next start brings shared_buffers"),
        "{said}"
    );
    assert!(
        said.contains("it uses ") && !said.contains("it uses 0 kB"),
        "{said}"
    );
}

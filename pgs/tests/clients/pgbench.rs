use crate::{
    common::Stage,
    peers::{client, program_18},
};
use testkit::Program;

#[test]
fn pgbench_runs_its_transactions() {
    let stage = Stage::shared();
    stage.tenant("bench");
    let pgbench = |arguments: &[&str]| {
        Program::succeed(client(&stage, &program_18("pgbench"), "bench").args(arguments))
    };
    pgbench(&["--initialize", "--scale=1", "--quiet"]);
    for protocol in ["simple", "extended", "prepared"] {
        let mode = format!("--protocol={protocol}");
        let report = pgbench(&["-c", "4", "-j", "2", "-t", "50", "--no-vacuum", &mode]);
        assert!(
            report.contains("number of transactions actually processed: 200/200"),
            "{protocol}: {report}"
        );
        assert!(
            report.contains("number of failed transactions: 0 "),
            "{protocol}: {report}"
        );
    }
    let connecting = pgbench(&[
        "-c",
        "4",
        "-j",
        "2",
        "-t",
        "5",
        "--select-only",
        "--connect",
        "--no-vacuum",
    ]);
    assert!(
        connecting.contains("actually processed: 20/20"),
        "{connecting}"
    );
}

//! `pgs serve` on a Unix socket alone.

use crate::support::House;
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Stdio};

const PASSWORD: &str = "by-socket";

#[test]
fn the_url_of_a_served_socket_leads_to_the_tenant_and_the_socket_goes_with_serve() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("unix:{}:6432", folder.path().display());
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
    let served = house.serve_at(&listen);
    assert_eq!(served.port, 6432);

    let url = house.json(&["url", "acme"])["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.contains("%2F") && url.ends_with(":6432/acme"), "{url}");
    let answer = psql()
        .args(["-XAt", "-c", "select current_user", &url])
        .output();
    assert_eq!(String::from_utf8_lossy(&answer.unwrap().stdout), "acme\n");

    // What a killed process leaves does not keep the next one out.
    drop(served);
    assert_eq!(files(folder.path()), 2);
    let served = house.serve_at(&listen);
    let pid = Pid::from_raw(i32::try_from(served.id()).unwrap());
    kill_process(pid.unwrap(), Signal::TERM).unwrap();
    served.ended();
    assert_eq!(files(folder.path()), 0);
}

fn psql() -> Command {
    let bindir = std::env::var_os("PGS_TEST_PG18_BINDIR").map(std::path::PathBuf::from);
    let mut psql = Command::new(bindir.map_or_else(|| "psql".into(), |bindir| bindir.join("psql")));
    psql.env("PGPASSWORD", PASSWORD).stdin(Stdio::null());
    psql
}

fn files(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

//! One `pgs serve` takes the place of another, and what becomes of sessions when one stops.

use crate::support::{House, Served, send_signal};
use command_fds::{CommandFdExt, FdMapping};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::net::UnixDatagram,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

const PASSWORD: &str = "taken-over";
const ANY: &str = "127.0.0.1:0";

fn house_of_acme() -> House {
    let house = House::new();
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
    house
}

/// A `psql` that is told one thing after another.
struct Psql {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Psql {
    fn open(served: &Served) -> Self {
        let mut child = served
            .psql_command("acme", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn tell(&mut self, sql: &str) {
        writeln!(self.stdin, "{sql}").unwrap();
    }

    /// The next line of the answer.
    fn ask(&mut self, sql: &str) -> String {
        self.tell(sql);
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The same, in the middle of a query that lasts.
    fn falls_asleep(mut self, served: &Served) -> Self {
        self.tell("select pg_sleep(600);");
        let asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
        while served.psql("acme", PASSWORD, asleep).unwrap() != "1" {}
        self
    }

    /// Ends the input, and answers what was complained about.
    fn end(mut self) -> String {
        drop(self.stdin);
        let mut complaints = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut complaints).unwrap();
        self.child.wait().unwrap();
        complaints
    }
}

/// Clients that connect anew for each query, again and again until `done`; any that fails fails the test.
fn connect_all_the_time(served: &Served, done: &AtomicBool) -> u32 {
    let mut rounds = 0;
    while !done.load(Ordering::SeqCst) {
        let bindir = std::env::var_os("PGS_TEST_PG18_BINDIR").map(std::path::PathBuf::from);
        let pgbench = bindir.map_or_else(|| "pgbench".into(), |bindir| bindir.join("pgbench"));
        let output = Command::new(pgbench)
            .args(["-C", "-n", "-c", "4", "-t", "25", "-f", "-"])
            .args(["-h", "127.0.0.1", "-p", &served.port.to_string()])
            .args(["-U", "acme", "acme"])
            .env("PGPASSWORD", PASSWORD)
            .stdin(query())
            .output()
            .unwrap();
        let said = format!("{output:?}");
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains("number of transactions actually processed: 100/100"),
            "{said}"
        );
        rounds += 1;
    }
    rounds
}

fn query() -> Stdio {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"select 1;\n").unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    file.into()
}

#[test]
fn three_takeovers_under_load_fail_no_connection_and_drop_no_session() {
    let house = house_of_acme();
    let mut oldest = house.serve();
    let mut open = Psql::open(&oldest);
    assert_eq!(open.ask("begin;"), "BEGIN");
    let asleep = Psql::open(&oldest).falls_asleep(&oldest);
    let mut generations = Vec::new();
    let done = AtomicBool::new(false);
    let rounds = thread::scope(|scope| {
        let load = scope.spawn(|| connect_all_the_time(&oldest, &done));
        for _ in 0..3 {
            let next = house.take_over();
            assert_eq!(next.port, oldest.port);
            generations.push(next);
        }
        done.store(true, Ordering::SeqCst);
        load.join().unwrap()
    });
    assert!(rounds > 0);
    let written = house.ok(&["url", "acme"]);
    assert!(written.contains(&format!(":{}/", oldest.port)), "{written}");

    // The cancel request arrives at the newest process; the session is the oldest one's.
    send_signal(&asleep.child, "INT");
    let complaints = asleep.end();
    assert!(
        complaints.contains("canceling statement due to user request"),
        "{complaints}"
    );
    assert_eq!(open.ask("commit;"), "COMMIT");
    assert_eq!(open.end(), "");
    assert!(oldest.child.wait().unwrap().success());
}

#[test]
fn a_killed_successor_leaves_a_port_that_can_be_served_again() {
    let house = house_of_acme();
    let first = house.serve();
    let mut psql = Psql::open(&first);
    assert_eq!(psql.ask("select 1;"), "1");
    let mut second = house.take_over();
    second.child.kill().unwrap();
    second.child.wait().unwrap();

    let address = format!("127.0.0.1:{}", first.port);
    let third = Served::start(house.command(&["--json", "serve", "--listen", &address]));
    assert_eq!(third.psql("acme", PASSWORD, "select 2").unwrap(), "2");
    assert_eq!(psql.ask("select 3;"), "3");
    assert_eq!(psql.end(), "");
}

#[test]
fn a_takeover_of_nothing_is_a_start_and_a_second_start_is_refused() {
    let house = house_of_acme();
    let first = house.take_over();
    let address = format!("127.0.0.1:{}", first.port);
    assert_eq!(
        house.fails(&["serve", "--listen", &address]),
        (4, "already_exists".to_owned())
    );
    // One more address is opened beside the one that is taken over.
    let second = Served::start(house.command(&[
        "--json",
        "serve",
        "--takeover",
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "127.0.0.1:0",
    ]));
    assert_eq!(second.port, first.port);
    assert_eq!(second.psql("acme", PASSWORD, "select 1").unwrap(), "1");
}

#[test]
fn a_unix_socket_and_its_files_belong_to_the_newest_process() {
    let house = house_of_acme();
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", folder.path().display());
    let listen = ["--listen", "127.0.0.1:0", "--listen", &unix];
    let serve = |more: &[&str]| {
        let args = [&["--json", "serve"], &listen[..], more].concat();
        Served::start(house.command(&args))
    };
    let (socket, lock) = (".s.PGSQL.5432", ".s.PGSQL.5432.lock");
    let owner = || std::fs::read_to_string(folder.path().join(lock)).unwrap();
    let ask = |served: &Served| {
        let mut psql = served.psql_command("acme", PASSWORD);
        psql.arg("-h").arg(folder.path()).args(["-p", "5432"]);
        psql.args(["-c", "select 1"]).output().unwrap().stdout
    };
    let mut first = serve(&[]);
    assert_eq!(ask(&first), b"1\n");
    let mut second = serve(&["--takeover"]);
    assert!(first.child.wait().unwrap().success());
    assert_eq!(ask(&second), b"1\n");
    let newest = format!("{}\n", second.child.id());
    assert!(owner().starts_with(&newest), "{}", owner());
    second.signal("TERM");
    assert!(second.child.wait().unwrap().success());
    assert!(!folder.path().join(socket).exists() && !folder.path().join(lock).exists());
}

#[test]
fn a_takeover_that_fails_leaves_the_unix_socket_to_whoever_serves() {
    let house = house_of_acme();
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", folder.path().display());
    let first =
        Served::start(house.command(&["--json", "serve", "--listen", ANY, "--listen", &unix]));
    let lock = folder.path().join(".s.PGSQL.5432.lock");
    let before = std::fs::read_to_string(&lock).unwrap();
    let other = TcpListener::bind(ANY).unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let args = ["serve", "--takeover", "--listen", &unix, "--listen", &taken];
    assert_eq!(house.fails(&args), (4, "already_exists".to_owned()));
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), before);
    let mut psql = first.psql_command("acme", PASSWORD);
    psql.arg("-h").arg(folder.path()).args(["-p", "5432"]);
    let output = psql.args(["-c", "select 1"]).output().unwrap();
    assert_eq!(output.stdout, b"1\n", "{output:?}");
}

#[test]
fn a_takeover_without_a_status_socket_fails_and_leaves_nothing_behind() {
    let house = house_of_acme();
    let first = house.serve();
    let serve = house.command(&["serve", "--takeover", "--listen", ANY]);
    // A folder is in the way of the socket.
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"mkdir "$0/$$.status" && exec "$@""#])
        .arg(house.path().join("serve"))
        .arg(serve.get_program())
        .args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains(".status"),
        "{said}"
    );
    assert_eq!(first.psql("acme", PASSWORD, "select 1").unwrap(), "1");
    let entries = std::fs::read_dir(house.path().join("serve")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let controls = names.filter(|name| name.ends_with(".control"));
    assert_eq!(controls.count(), 1);
}

#[test]
fn an_address_that_cannot_be_written_down_keeps_nobody_from_serving() {
    let house = house_of_acme();
    let mut first = house.serve();
    let written = house.path().join("proxy-address");
    std::fs::remove_file(&written).unwrap();
    std::fs::create_dir(&written).unwrap();
    let second = house.take_over();
    assert!(first.child.wait().unwrap().success());
    assert_eq!(second.psql("acme", PASSWORD, "select 1").unwrap(), "1");
}

#[test]
fn a_second_process_leaves_the_written_address_of_the_first_alone() {
    let house = house_of_acme();
    let first = house.serve();
    let written = || std::fs::read_to_string(house.path().join("proxy-address")).unwrap();
    let address = format!("127.0.0.1:{}\n", first.port);
    let mut second = house.serve();
    assert_eq!(written(), address);
    second.signal("TERM");
    assert!(second.child.wait().unwrap().success());
    assert_eq!(written(), address);

    // What a killed process left is nobody's.
    drop(first);
    let third = house.serve();
    assert_eq!(written(), format!("127.0.0.1:{}\n", third.port));
}

#[test]
fn sessions_that_outlast_the_grace_are_ended_by_their_server() {
    let house = house_of_acme();
    std::fs::write(
        house.path().join("pgs.toml"),
        "[serve]\ndrain_seconds = 0\n",
    )
    .unwrap();
    let mut served = house.serve();
    let mut psql = Psql::open(&served);
    assert_eq!(psql.ask("select 1;"), "1");
    let past_the_proxy = "select count(*) from pg_stat_activity where usename = 'acme'";
    served.signal("TERM");
    psql.tell("select pg_sleep(600);");
    let complaints = psql.end();
    assert!(
        complaints.contains("terminating connection due to administrator command"),
        "{complaints}"
    );
    assert!(served.child.wait().unwrap().success());
    let again = house.serve();
    assert_eq!(again.psql("acme", PASSWORD, past_the_proxy).unwrap(), "1");
}

#[test]
fn who_was_replaced_stops_when_its_successor_does() {
    let house = house_of_acme();
    std::fs::write(
        house.path().join("pgs.toml"),
        "[serve]\ndrain_seconds = 0\n",
    )
    .unwrap();
    let mut first = house.serve();
    let mut psql = Psql::open(&first);
    assert_eq!(psql.ask("select 1;"), "1");
    let mut second = house.take_over();
    assert_eq!(psql.ask("select 2;"), "2");
    second.signal("TERM");
    assert!(second.child.wait().unwrap().success());
    assert!(first.child.wait().unwrap().success());
    psql.tell("select 3;");
    assert!(!psql.end().is_empty());
}

#[test]
fn systemd_passes_the_socket_and_hears_who_the_service_is() {
    let house = house_of_acme();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let notified = house.path().join("notify");
    let manager = UnixDatagram::bind(&notified).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let hear = || {
        let mut said = [0; 256];
        let length = manager.recv(&mut said).unwrap();
        String::from_utf8_lossy(&said[..length]).trim().to_owned()
    };
    let serve = |takeover: &[&str]| {
        let mut command = house.command(&["--json", "serve", "--listen", "systemd:pg"]);
        command.args(takeover).env("NOTIFY_SOCKET", &notified);
        command
    };
    let mut command = serve(&[]);
    command
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", "pg")
        .fd_mappings(vec![FdMapping {
            parent_fd: socket.into(),
            child_fd: 3,
        }])
        .unwrap();
    let first = Served::start(command);
    assert_eq!(first.port, port);
    assert_eq!(hear(), "READY=1");
    assert_eq!(first.psql("acme", PASSWORD, "select 1").unwrap(), "1");

    // Its successor gets the socket from it, not from systemd.
    let second = Served::start(serve(&["--takeover"]));
    let main = format!("MAINPID={}", second.child.id());
    let heard = [hear(), hear()];
    assert!(heard.contains(&main), "{heard:?}");
    assert!(heard.contains(&"READY=1".to_owned()), "{heard:?}");
    assert_eq!(second.psql("acme", PASSWORD, "select 2").unwrap(), "2");

    second.signal("TERM");
    assert_eq!(hear(), "STOPPING=1");
    let (code, _) = house.fails(&["serve", "--listen", "systemd:pg"]);
    assert_eq!(code, 3);
}

#[test]
fn in_the_background_it_returns_once_it_accepts() {
    let house = house_of_acme();
    let first = house.serve();
    let args = ["--json", "serve", "--takeover", "--background"];
    let mut command = house.command(&args);
    command
        .args(["--listen", "127.0.0.1:0"])
        .stderr(Stdio::null());
    let output = command.output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let address = format!("127.0.0.1:{}", first.port);
    assert_eq!(said["listening"][0], address.as_str());
    let mut first = first;
    assert!(first.child.wait().unwrap().success());
    assert_eq!(first.psql("acme", PASSWORD, "select 1").unwrap(), "1");

    // A takeover of the one in the background, so that it ends with this test.
    let last = house.take_over();
    assert_eq!(last.port, first.port);
    let taken = house
        .command(&["serve", "--background", "--listen", &address])
        .output();
    assert_eq!(taken.unwrap().status.code(), Some(4));
}

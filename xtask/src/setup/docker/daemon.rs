//! A Docker daemon that this process starts, whatever a killed one left behind.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::client::Client;
use crate::setup::{bundle, cache};
use crate::shell;

/// Where a daemon keeps what it needs, so that two of them can live on one machine.
#[derive(Debug)]
pub(super) struct Site {
    client: Client,
    pidfile: PathBuf,
    exec_root: PathBuf,
    log: PathBuf,
    /// What runs the daemon.
    launcher: &'static [&'static str],
    flags: Vec<String>,
}

impl Site {
    /// The daemon's own defaults.
    pub(super) fn standard(host: &str) -> Result<Self> {
        Ok(Self {
            client: Client::new(host),
            pidfile: PathBuf::from("/var/run/docker.pid"),
            exec_root: PathBuf::from("/var/run/docker"),
            log: cache::place("dockerd.log")?,
            launcher: &["dockerd"],
            flags: Vec::new(),
        })
    }
}

/// A running daemon, ended on drop.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Option<Child>,
    pidfile: PathBuf,
}

impl Daemon {
    /// Returns once the daemon answers. The answer is `None` if that is one that somebody else started.
    pub(super) fn start(site: &Site) -> Result<Option<Self>> {
        let _turn = bundle::lock(&site.log)?;
        if site.client.version().is_ok() {
            return Ok(None);
        }
        if let Some(pid) = pid_in(&site.pidfile).filter(|&pid| runs(pid, "dockerd")) {
            site.await_other(pid)?;
            return Ok(None);
        }
        site.clear()?;
        let mut daemon = site.spawn()?;
        daemon.await_answer(site)?;
        Ok(Some(daemon))
    }

    /// Lets the daemon outlive this process. Answers the command that stops it.
    pub(super) fn leave(mut self) -> String {
        self.child = None;
        format!("kill $(cat {})", self.pidfile.display())
    }

    fn await_answer(&mut self, site: &Site) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while site.client.version().is_err() {
            let exit = self.child.as_mut().map(Child::try_wait).transpose()?;
            if let Some(status) = exit.flatten() {
                self.child = None;
                bail!(
                    "dockerd ended ({status}) before it answered; {}",
                    site.last_words()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "dockerd does not answer after {} seconds; {}",
                    START_TIMEOUT.as_secs(),
                    site.last_words()
                );
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Daemon {
    /// Containers that still run are stopped by the daemon first.
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let asked = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let deadline = Instant::now() + STOP_TIMEOUT;
        if asked.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok()) {
            while Instant::now() < deadline {
                if !matches!(child.try_wait(), Ok(None)) {
                    return;
                }
                thread::sleep(PAUSE);
            }
        }
        drop(child.kill());
        drop(child.wait());
    }
}

impl Site {
    /// In a session of its own, so that Ctrl-C is not for it.
    fn spawn(&self) -> Result<Daemon> {
        let log = File::create(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = Command::new("setsid");
        command.args(self.launcher);
        command.args(["--host", self.client.host()]);
        command.arg("--pidfile").arg(&self.pidfile);
        command.arg("--exec-root").arg(&self.exec_root);
        command.args(&self.flags);
        println!("+ {}", shell::line(&command));
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run setsid: install util-linux")?;
        Ok(Daemon {
            child: Some(child),
            pidfile: self.pidfile.clone(),
        })
    }

    fn await_other(&self, pid: u32) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while self.client.version().is_err() {
            if Instant::now() > deadline {
                bail!(
                    "dockerd runs as process {pid} and does not answer at {}; see what it waits for, or end it",
                    self.client.host()
                );
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Removes what a killed daemon leaves behind and the next one stumbles over.
    ///
    /// A number in a pid file may be another process's by now, or that of a dead one which nobody has collected. Both
    /// dockerd and what it calls a running containerd go by the number alone. Shims need no help: the new containerd
    /// finds them, and the new dockerd ends their containers.
    fn clear(&self) -> Result<()> {
        remove(&self.pidfile)?;
        let containerd = self.exec_root.join("containerd");
        let config = containerd.join("containerd.toml");
        let pidfile = containerd.join("containerd.pid");
        let is_ours = |pid| runs(pid, "containerd") && has_argument(pid, &config);
        if !pid_in(&pidfile).is_some_and(is_ours) {
            remove(&pidfile)?;
        }
        let sockets = [containerd.join("containerd.sock"), SYSTEM_CONTAINERD.into()];
        for socket in sockets.iter().filter(|socket| is_deaf(socket)) {
            remove(socket)?;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log
            .lines()
            .filter(|line| !line.contains(" level=info "))
            .collect();
        let end = lines.len().saturating_sub(LAST_WORDS);
        let words = lines.get(end..).unwrap_or_default().join("\n");
        format!("its log, {}, ends with:\n{words}", self.log.display())
    }
}

fn pid_in(file: &Path) -> Option<u32> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Whether the process is alive and runs the program of this name: `12 (dockerd) S 1 ...` in its status line.
fn runs(pid: u32, program: &str) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let name = stat
        .split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(") "));
    name.is_some_and(|(name, state)| name == program && !state.starts_with(['Z', 'X']))
}

fn has_argument(pid: u32, path: &Path) -> bool {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    arguments
        .split(|&byte| byte == 0)
        .any(|argument| argument == path.as_os_str().as_encoded_bytes())
}

/// A socket whose listener is gone.
fn is_deaf(socket: &Path) -> bool {
    UnixStream::connect(socket).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// dockerd takes any file here for a containerd that it can use.
const SYSTEM_CONTAINERD: &str = "/run/containerd/containerd.sock";
/// It answers only once it has stopped what a killed one left running, each container within its own time.
const START_TIMEOUT: Duration = Duration::from_mins(3);
/// dockerd gives its containers 15 seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);
const LAST_WORDS: usize = 10;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A daemon that shares nothing with the machine's own. One without a bridge removes the bridge of the network that it
    /// is in, so it gets a network of its own.
    fn private(dir: &Path) -> Site {
        let data = dir.join("data");
        let flags = ["--bridge=none", "--iptables=false", "--data-root"];
        Site {
            client: Client::new(format!("unix://{}", dir.join("docker.sock").display())),
            pidfile: dir.join("docker.pid"),
            exec_root: dir.join("exec"),
            log: dir.join("dockerd.log"),
            launcher: &["unshare", "--net", "dockerd"],
            flags: flags
                .into_iter()
                .chain(data.to_str())
                .map(str::to_owned)
                .collect(),
        }
    }

    /// A killed daemon leaves its data directory mounted upon itself.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            while shell::succeeds(Command::new("umount").arg(self.0.path().join("data"))) {}
        }
    }

    fn can_run_here() -> bool {
        let there = std::env::var_os("PGS_TEST_DOCKER").is_some();
        let can =
            there && cache::is_root() && shell::succeeds(Command::new("dockerd").arg("--version"));
        if !can {
            testkit::skip(
                "a Docker daemon of its own",
                "no engine was set up, or not by root",
            );
        }
        can
    }

    /// An image of a few programs and the libraries that they are linked with.
    fn import(client: &Client, programs: &[&str]) {
        let libraries = shell::read(Command::new("ldd").args(programs)).unwrap();
        let libraries: BTreeSet<&str> = libraries
            .split_whitespace()
            .filter(|word| word.starts_with('/') && !word.ends_with(':'))
            .collect();
        let mut tar = Command::new("tar");
        tar.args(["--create", "--dereference", "--absolute-names"]);
        tar.args(programs).args(libraries).stdout(Stdio::piped());
        let mut tar = tar.spawn().unwrap();
        let mut import = client.command(&["import", "-", IMAGE]);
        let import = import.stdin(tar.stdout.take().unwrap()).output().unwrap();
        assert!(import.status.success(), "{import:?}");
        assert!(tar.wait().unwrap().success());
    }

    fn kill(pid: u32) {
        let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }

    fn pid_of_containerd(site: &Site) -> u32 {
        pid_in(&site.exec_root.join("containerd/containerd.pid")).unwrap()
    }

    #[test]
    fn a_daemon_starts_after_one_that_was_killed_with_a_container() {
        if !can_run_here() {
            return;
        }
        let home = Home::new();
        let site = private(home.0.path());
        let mut killed = Daemon::start(&site).unwrap().unwrap();
        import(&site.client, &["/bin/sh", "/bin/sleep"]);
        let run = ["run", "--detach", "--network=none", IMAGE];
        let run = [&run[..], &["/bin/sh", "-c", PROGRAM]].concat();
        let container = site.client.read(&run).unwrap();
        let state = ["inspect", "--format", "{{.State.Running}}", &container];
        assert_eq!(site.client.read(&state).unwrap(), "true");

        let containerd = pid_of_containerd(&site);
        killed.child.as_mut().unwrap().kill().unwrap();
        if runs(containerd, "containerd") {
            kill(containerd);
        }
        // Nobody has waited for the killed daemon yet: its number is still taken.
        let mut next = Daemon::start(&site).unwrap().unwrap();
        assert_eq!(site.client.read(&state).unwrap(), "false");
        killed.child.take().unwrap().wait().unwrap();

        let containerd = pid_of_containerd(&site);
        next.child.as_mut().unwrap().kill().unwrap();
        next.child.take().unwrap().wait().unwrap();
        if runs(containerd, "containerd") {
            kill(containerd);
        }
        let other = std::process::id().to_string();
        fs::write(&site.pidfile, &other).unwrap();
        fs::write(site.exec_root.join("containerd/containerd.pid"), &other).unwrap();
        let last = Daemon::start(&site).unwrap().unwrap();
        let containerd = pid_of_containerd(&site);
        assert!(Daemon::start(&site).unwrap().is_none(), "it was running");

        drop(last);
        assert!(site.client.version().is_err());
        assert!(!runs(containerd, "containerd"));
    }

    #[test]
    fn a_daemon_that_cannot_start_says_why() {
        if !can_run_here() {
            return;
        }
        let home = Home::new();
        let mut site = private(home.0.path());
        site.flags.push("--no-such-flag".to_owned());
        let error = Daemon::start(&site).unwrap_err().to_string();
        assert!(error.contains("unknown flag: --no-such-flag"), "{error}");
    }

    #[test]
    fn a_process_runs_what_its_status_says() {
        let own = std::process::id();
        let name = fs::read_to_string(format!("/proc/{own}/comm")).unwrap();
        assert!(runs(own, name.trim_end()));
        assert!(!runs(own, "dockerd"));
    }

    #[test]
    fn a_socket_without_a_listener_is_deaf() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(!is_deaf(&path));
        drop(listener);
        assert!(is_deaf(&path));
        assert!(!is_deaf(&home.path().join("nothing")));
    }

    const IMAGE: &str = "asleep";
    /// Ends when it is asked to: dockerd waits for what a killed one left running.
    const PROGRAM: &str = "trap exit TERM; sleep 600 & wait";
}

use crate::{postgresql, until};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsStr,
    io::Read,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread::JoinHandle,
};

/// A program that was started, and is killed if it does not end in time or with its test.
#[derive(Debug)]
pub struct Program {
    line: String,
    child: Child,
    said: Option<[JoinHandle<Vec<u8>>; 2]>,
}

impl Program {
    /// Starts it without input, in an environment with nothing but a path.
    pub fn start(command: &mut Command) -> Self {
        let line = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {line}: {error}"));
        let out = collect(child.stdout.take());
        let err = collect(child.stderr.take());
        Self {
            line,
            child,
            said: Some([out, err]),
        }
    }

    /// Runs it to its end, whatever that is.
    pub fn run(command: &mut Command) -> Output {
        Self::start(command).output()
    }

    /// Runs it to its end, which has to be a success, and returns what it printed.
    pub fn succeed(command: &mut Command) -> String {
        let line = format!("{command:?}");
        let output = Self::run(command);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(
            output.status.success(),
            "{line}: {}\n{out}{err}",
            output.status
        );
        out
    }

    /// A command of this program that sees nothing of the tests' environment: what a client does must not depend on it.
    pub fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C");
        // Nobody's pgpass, service file or psqlrc.
        command.env("HOME", NOWHERE).current_dir("/");
        command
    }

    /// The same, run by the user that servers run as.
    pub(crate) fn as_server(program: &Path) -> Command {
        let mut command = Self::command(program);
        // As tenants' servers have it, wherever the machine is.
        command.env("TZ", "UTC");
        if let Some(user) = postgresql::os_user() {
            let found = nix::unistd::User::from_name(user.name()).ok().flatten();
            let user = found.expect("the servers' user has just been found");
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it a signal.
    pub fn signal(&mut self, signal: Signal) {
        // Asked first: the number of an ended process may be another's.
        if self.is_running() {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }

    /// Waits for its end and returns all it said.
    pub fn output(mut self) -> Output {
        let line = self.line.clone();
        until(&line, || !self.is_running());
        let status = self.child.wait().expect("it has ended");
        let [stdout, stderr] = self.said.take().expect("nobody has asked yet");
        let stdout = stdout.join().expect("a reader does not panic");
        let stderr = stderr.join().expect("a reader does not panic");
        Output {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.is_running() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut said);
        }
        said
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const NOWHERE: &str = "/nonexistent";

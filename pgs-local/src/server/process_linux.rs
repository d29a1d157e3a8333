use super::mounts;
use crate::failure::AtPath;
use pgs_core::{Error, ErrorKind, Result};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::OwnedFd,
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal, test_kill_process},
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tokio::io::{Interest, unix::AsyncFd};

/// A process, held by a descriptor: another one that gets its number later is never mistaken for it.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    fd: OwnedFd,
}

impl Process {
    /// The process of this number, if it is a server's that works in this directory.
    pub(crate) fn in_directory(pid: i32, directory: &Path) -> Result<Option<Self>> {
        match Place::of(directory)? {
            Some(place) => Self::in_place(pid, &place),
            None => Ok(None),
        }
    }

    /// All processes of servers that work in this directory.
    pub(crate) fn all_in(directory: &Path) -> Result<Vec<Self>> {
        let Some(place) = Place::of(directory)? else {
            return Ok(Vec::new());
        };
        let mut processes = Vec::new();
        for pid in numbers()? {
            processes.extend(Self::in_place(pid, &place)?);
        }
        Ok(processes)
    }

    fn in_place(pid: i32, place: &Place<'_>) -> Result<Option<Self>> {
        let Some(traits) = Traits::of(pid)?.filter(|traits| traits.user == place.owner) else {
            return Ok(None);
        };
        let Some(process) = Self::open(pid)? else {
            return Ok(None);
        };
        if is_ours(pid) || process.is_gone()? {
            return Ok(None);
        }
        let there = match works_at(pid, place, &traits.name) {
            // It may have ended while it was being looked at.
            Err(_) if process.is_gone()? => false,
            Err(error)
                if error.kind() == ErrorKind::PermissionDenied && place.is_out_of_reach(pid)? =>
            {
                false
            }
            there => there?,
        };
        Ok(there.then_some(process))
    }

    /// None when no process has this number.
    pub(crate) fn open(pid: i32) -> Result<Option<Self>> {
        let Some(pid) = Pid::from_raw(pid) else {
            return Ok(None);
        };
        match pidfd_open(pid, PidfdFlags::empty()) {
            // A thread's number is no process's.
            Err(Errno::SRCH | Errno::NOENT | Errno::INVAL) => Ok(None),
            opened => {
                looked(opened, &proc(pid.as_raw_nonzero().get())).map(|fd| Some(Self { pid, fd }))
            }
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether it has ended, be it that nobody has taken note of it yet.
    pub(crate) fn is_gone(&self) -> Result<bool> {
        let mut look = [PollFd::new(&self.fd, PollFlags::IN)];
        let ready = poll(&mut look, Some(&Timespec::default()));
        looked(ready, &proc(self.pid())).map(|ready| ready > 0)
    }

    /// One that is gone is not an error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.fd, signal) {
            Err(Errno::SRCH) => Ok(()),
            sent => sent.at("signal", &proc(self.pid())),
        }
    }

    /// Waits until it is gone.
    pub(crate) async fn exited(&self) -> Result<()> {
        let here = proc(self.pid());
        let fd = self.fd.try_clone().at("await", &here)?;
        #[expect(
            deprecated,
            reason = "its successor is an unsafe function; an OwnedFd keeps what that one asks for"
        )]
        let fd = AsyncFd::with_interest(fd, Interest::READABLE).at("await", &here)?;
        fd.readable().await.map(drop).at("await", &here)
    }
}

/// Whether a server would take this number for a running process's: it counts ended ones and threads too.
pub(crate) fn is_taken(pid: i32) -> bool {
    Pid::from_raw(pid)
        .is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)))
}

/// Fails when processes of another user are closed to this one, though it is root: it would find no server.
pub(crate) fn must_see_others() -> Result<()> {
    let status = Path::new("/proc/thread-self/status");
    let text = fs::read_to_string(status).at("read", status)?;
    let capabilities = field(&text, "CapEff:").and_then(|bits| u64::from_str_radix(bits, 16).ok());
    match capabilities {
        Some(capabilities) if capabilities & CAP_SYS_PTRACE == 0 => Err(Error::new(
            ErrorKind::PermissionDenied,
            "root may not look at other users' processes here, and so cannot tell whether a server runs",
        )
        .with_remedy(REMEDY)),
        _ => Ok(()),
    }
}

/// A data directory: only a process of its owner can be its server, `PostgreSQL` itself sees to that.
struct Place<'a> {
    directory: &'a Path,
    identity: (u64, u64),
    owner: u32,
}

impl<'a> Place<'a> {
    /// None where there is no such directory.
    fn of(directory: &'a Path) -> Result<Option<Self>> {
        let meta = unless_missing(fs::metadata(directory), directory)?;
        Ok(meta.map(|meta| Self {
            directory,
            identity: (meta.dev(), meta.ino()),
            owner: meta.uid(),
        }))
    }

    /// Whether a process that is closed to us, though it is the owner's, is none of ours all the same: another program, or
    /// a server in a container that does not have the directory. The official image's user has the number 999, as the
    /// first user has that is made for a service, and another group.
    fn is_out_of_reach(&self, pid: i32) -> Result<bool> {
        // It may be another one by now than the one whose owner was looked at.
        let Some(traits) = Traits::of(pid)? else {
            return Ok(true);
        };
        Ok(traits.user != self.owner
            || !traits.is_server()
            || mounts::is_out_of_reach(&proc(pid), self.directory))
    }
}

/// What every process shows to everybody.
struct Traits {
    name: String,
    user: u32,
}

impl Traits {
    fn of(pid: i32) -> Result<Option<Self>> {
        let path = proc(pid).join("status");
        let text = unless_missing(fs::read(&path), &path)?;
        Ok(text.and_then(|text| Self::in_status(&String::from_utf8_lossy(&text))))
    }

    fn in_status(text: &str) -> Option<Self> {
        // Real, effective, saved, and for the file system.
        let effective = field(text, "Uid:")?.split_whitespace().nth(1)?;
        Some(Self {
            name: field(text, "Name:")?.to_owned(),
            user: effective.parse().ok()?,
        })
    }

    fn is_server(&self) -> bool {
        is_server(&self.name)
    }
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .map(str::trim)
}

/// A shell or an archive command in the data directory is no server. Emulators are the program of what they run, whose
/// name the process still has.
fn works_at(pid: i32, place: &Place<'_>, name: &str) -> Result<bool> {
    let (cwd, exe) = (proc(pid).join("cwd"), proc(pid).join("exe"));
    let here = unless_missing(fs::metadata(&cwd), &cwd)?;
    if here.is_none_or(|meta| (meta.dev(), meta.ino()) != place.identity) {
        return Ok(false);
    }
    let program = unless_missing(fs::read_link(&exe), &exe)?.unwrap_or_default();
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    Ok(is_server(program.trim_end_matches(" (deleted)")) || is_server(name))
}

/// The second name is what Nix makes of the first, the third is as much as the kernel keeps of it.
fn is_server(name: &str) -> bool {
    matches!(name, "postgres" | ".postgres-wrapped" | ".postgres-wrapp")
}

fn is_ours(pid: i32) -> bool {
    u32::try_from(pid).is_ok_and(|pid| pid == std::process::id())
}

fn numbers() -> Result<Vec<i32>> {
    let proc = Path::new("/proc");
    let mut numbers = Vec::new();
    for entry in fs::read_dir(proc).at("read", proc)? {
        let name = entry.at("read", proc)?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(numbers)
}

fn proc(pid: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// Only what is not there is missing: what cannot be looked at may well be a server.
fn unless_missing<T>(looked_at: io::Result<T>, path: &Path) -> Result<Option<T>> {
    match looked_at {
        Err(error) if is_missing(&error) => Ok(None),
        looked_at => looked(looked_at, path).map(Some),
    }
}

fn is_missing(error: &io::Error) -> bool {
    let gone = error.raw_os_error() == Some(Errno::SRCH.raw_os_error());
    gone || error.kind() == io::ErrorKind::NotFound
}

fn looked<T>(outcome: impl AtPath<T>, path: &Path) -> Result<T> {
    outcome.at("look at", path).map_err(|error| {
        if error.kind() == ErrorKind::PermissionDenied {
            error.with_remedy(REMEDY)
        } else {
            error
        }
    })
}

/// Number 19 (`man 7 capabilities`).
const CAP_SYS_PTRACE: u64 = 1 << 19;
const REMEDY: &str =
    "run pgs with the capability CAP_SYS_PTRACE, as in `docker run --cap-add SYS_PTRACE`";

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    use std::{
        io::{BufRead, BufReader},
        os::unix::{fs::PermissionsExt, process::CommandExt},
        process::{Child, Command, Stdio},
    };

    /// A program of this name that does nothing, in a directory and as a user.
    struct Idler {
        child: Child,
        programs: tempfile::TempDir,
    }

    impl Idler {
        fn new(name: &str, directory: &Path, user: u32) -> Self {
            let programs = open_directory();
            let program = programs.path().join(name);
            fs::copy("/bin/sleep", &program).unwrap();
            let mut command = Command::new(&program);
            command.arg("600").current_dir(directory);
            if rustix::process::geteuid().is_root() {
                command.uid(user);
            }
            let child = command.spawn().unwrap();
            Self { child, programs }
        }

        fn pid(&self) -> i32 {
            self.child.id().try_into().unwrap()
        }
    }

    impl Drop for Idler {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn open_directory() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        directory
    }

    fn owner(directory: &Path) -> u32 {
        fs::metadata(directory).unwrap().uid()
    }

    #[test]
    fn only_a_server_of_the_directorys_owner_is_found() {
        let (data, elsewhere) = (open_directory(), open_directory());
        let user = owner(data.path());
        let server = Idler::new("postgres", data.path(), user);
        let _shell = Idler::new("bash", data.path(), user);
        let _other = Idler::new("postgres", elsewhere.path(), user);
        let _foreign = rustix::process::geteuid()
            .is_root()
            .then(|| Idler::new("postgres", data.path(), NOBODY));

        let found = Process::all_in(data.path()).unwrap();
        let found: Vec<i32> = found.iter().map(Process::pid).collect();
        assert_eq!(found, [server.pid()]);
        fs::remove_dir_all(server.programs.path()).unwrap();
        assert!(
            Process::in_directory(server.pid(), data.path())
                .unwrap()
                .is_some(),
            "its program was removed, as by an upgrade"
        );
    }

    #[test]
    fn an_ended_process_is_gone_before_anybody_takes_note() {
        let data = open_directory();
        let mut server = Idler::new("postgres", data.path(), owner(data.path()));
        let process = Process::in_directory(server.pid(), data.path())
            .unwrap()
            .unwrap();
        assert!(!process.is_gone().unwrap());
        server.child.kill().unwrap();
        poll(&mut [PollFd::new(&process.fd, PollFlags::IN)], None).unwrap();
        assert!(process.is_gone().unwrap() && is_taken(server.pid()));
        let again = Process::in_directory(server.pid(), data.path());
        assert!(again.unwrap().is_none());
        server.child.wait().unwrap();
        assert!(Process::open(server.pid()).unwrap().is_none());
    }

    #[test]
    fn a_server_that_cannot_be_looked_at_is_an_error_and_not_a_server_that_is_down() {
        if !rustix::process::geteuid().is_root() {
            return testkit::skip(
                "root without CAP_SYS_PTRACE",
                "this test does not run as root",
            );
        }
        let data = open_directory();
        std::os::unix::fs::chown(data.path(), Some(NOBODY), None).unwrap();
        let server = Idler::new("postgres", data.path(), NOBODY);
        let path = data.path().to_owned();
        let pid = server.pid();
        let outcomes = without_ptrace(move || {
            let found = Process::in_directory(pid, &path).map(drop);
            [found, Process::all_in(&path).map(drop), must_see_others()]
        });
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert!(error.remedy().unwrap().contains("SYS_PTRACE"));
        }
        must_see_others().unwrap();
    }

    /// As the official image's server is to pgs, where its user has that one's number and not its group.
    #[test]
    fn a_server_in_a_container_without_the_directory_is_none_of_ours() {
        if !rustix::process::geteuid().is_root() {
            return testkit::skip("a server in a container", "this test does not run as root");
        }
        let data = open_directory();
        std::os::unix::fs::chown(data.path(), Some(NOBODY), None).unwrap();
        let boxed = Boxed::new();
        let path = data.path().to_owned();
        let found = without_ptrace(move || {
            (
                Process::in_directory(boxed.pid, &path).unwrap().is_none(),
                Process::all_in(&path).unwrap().is_empty(),
                fs::metadata(proc(boxed.pid).join("cwd")).map_err(|error| error.kind()),
            )
        });
        assert_eq!(found.2.unwrap_err(), io::ErrorKind::PermissionDenied);
        assert!(found.0 && found.1);
    }

    /// An idler with a root directory of its own.
    struct Boxed {
        child: Child,
        pid: i32,
        _root: tempfile::TempDir,
    }

    impl Boxed {
        fn new() -> Self {
            let root = open_directory();
            let script = "
                mount -t tmpfs none \"$0\" && cd \"$0\" && mkdir usr old proc
                mount --bind /usr usr && mount --bind /proc proc
                for name in bin lib lib64; do ln -s usr/$name $name; done
                cp /bin/sleep postgres
                pivot_root . old && cd / && umount -l old
                echo boxed && exec setpriv --reuid \"$1\" --regid \"$1\" --clear-groups /postgres 600";
            let mut command = Command::new("unshare");
            command.args(["--mount", "--propagation", "private", "sh", "-ec", script]);
            command.arg(root.path()).arg(NOBODY.to_string());
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            let mut said = BufReader::new(child.stdout.take().unwrap());
            said.read_line(&mut line).unwrap();
            assert_eq!(line, "boxed\n");
            let pid = child.id().try_into().unwrap();
            testkit::until("it is a server", || {
                Traits::of(pid).unwrap().unwrap().is_server()
            });
            Self {
                child,
                pid,
                _root: root,
            }
        }
    }

    impl Drop for Boxed {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// What a thread sees to which other users' processes are closed.
    fn without_ptrace<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> T {
        let look = || {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::SYS_PTRACE);
            set_capabilities(None, sets).unwrap();
            look()
        };
        std::thread::spawn(look).join().unwrap()
    }

    const NOBODY: u32 = 65534;
}

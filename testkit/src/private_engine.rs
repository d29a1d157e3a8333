//! A Docker Engine of a test's own, which may be stopped, killed and starved of disk space.

use crate::{
    Docker, Program,
    lookout::{Lookout, kill, name, processes},
    skip, until,
};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A second `dockerd`, which shares nothing with the machine's own: it has namespaces of its own for networks, mounts and
/// processes, and its data is on a file system in memory.
///
/// The kernel ends all of it, containers included, with the first process of its namespace; and that ends when the test
/// does, however it ends, since it reads from a pipe that the test holds.
#[derive(Debug)]
pub struct PrivateEngine {
    docker: Docker,
    home: TempDir,
    /// `unshare`: it is in the namespaces, and waits for their first process.
    world: Child,
    /// `nsenter`, which waits for `dockerd`.
    daemon: Option<Child>,
}

impl PrivateEngine {
    /// An engine that has the image of `PostgreSQL` 18, on a disk of this many MiB.
    ///
    /// None where there cannot be one: that `what` cannot run here is printed and counted.
    #[must_use]
    pub fn start(what: &str, disk_mib: u64) -> Option<Self> {
        let shared = Docker::find(what)?;
        if !rustix::process::geteuid().is_root() {
            skip(what, "only root can start a Docker Engine of its own");
            return None;
        }
        if command("dockerd").arg("--version").output().is_err() {
            skip(
                what,
                "there is no dockerd to start: apt-get install docker.io",
            );
            return None;
        }
        let home = tempfile::Builder::new().prefix("pgs-engine-").tempdir();
        let home = home.expect("a temporary directory can be made");
        let mut engine = Self {
            docker: Docker {
                host: format!("unix://{}", home.path().join("socket").display()),
                ..shared.clone()
            },
            world: make_world(home.path(), disk_mib),
            home,
            daemon: None,
        };
        engine.resume();
        engine.bring_image(&shared.host);
        Some(engine)
    }

    /// How it is reached, and its image.
    #[must_use]
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Stops it in order: it stops its containers first, each within its own time.
    pub fn stop(&mut self) {
        self.signal("TERM", &[self.pid_in(DOCKERD_PID)]);
        self.await_end();
    }

    /// Kills it and its containerd, as the kernel would. Its containers go on, with nobody above them but their shims.
    pub fn kill(&mut self) {
        let pids = [DOCKERD_PID, CONTAINERD_PID].map(|file| self.pid_in(file));
        self.signal("KILL", &pids);
        self.await_end();
        for pid in pids {
            let there = self.inside(&format!("/proc/{pid}"));
            until("the killed engine is gone", || !there.exists());
        }
        // The next one would take these for a sign of life, as numbers mean other processes some day.
        for left in [DOCKERD_PID, CONTAINERD_PID, CONTAINERD_SOCKET] {
            let _ = fs::remove_file(self.inside(left));
        }
    }

    /// Kills the shims, which stand between the engine and its containers. These go on all the same.
    pub fn kill_shims(&self) {
        let ours = fs::read_link(format!("/proc/{}/ns/pid_for_children", self.world.id()));
        let ours = ours.expect("the namespaces are there");
        let is_shim = |pid: &u32| {
            let lives_in = fs::read_link(format!("/proc/{pid}/ns/pid"));
            lives_in.is_ok_and(|space| space == ours) && name(*pid).is_some_and(|it| it == SHIM)
        };
        for shim in processes().filter(is_shim) {
            kill(shim);
        }
    }

    /// Starts it again, and returns when it answers.
    pub fn resume(&mut self) {
        let log = File::create(self.home.path().join("log")).expect("the log can be made");
        let group = self.cgroup();
        let mut command = self.enter("dockerd");
        command.args(["--host", &self.docker.host, "--cgroup-parent", &group]);
        command
            .arg("--data-root")
            .arg(self.home.path().join("disk"));
        command.args(["--exec-opt", "native.cgroupdriver=cgroupfs"]);
        command.args(["--bridge=none", "--iptables=false", "--ip6tables=false"]);
        command.stdout(log.try_clone().expect("the log can be shared"));
        command.stdin(Stdio::null()).stderr(log);
        self.daemon = Some(command.spawn().expect("nsenter is there"));
        until("the private engine answers", || self.answers());
    }

    /// Leaves only this many KiB of its disk.
    pub fn fill_disk(&self, leaving_kib: u64) {
        let disk = self.disk();
        let free = rustix::fs::statvfs(&disk).expect("the disk is there");
        let size = (free.f_bavail * free.f_frsize).saturating_sub(leaving_kib * 1024);
        let ballast = File::create(disk.join(BALLAST)).expect("the ballast can be made");
        rustix::fs::fallocate(&ballast, rustix::fs::FallocateFlags::empty(), 0, size)
            .expect("there is room for the ballast");
    }

    /// Gives back what [`fill_disk`](Self::fill_disk) took.
    pub fn free_disk(&self) {
        fs::remove_file(self.disk().join(BALLAST)).expect("the disk was filled");
    }

    /// Leaves half a record at the end of every container's log, as a disk does that is full in the middle of one.
    pub fn tear_logs(&self) {
        let containers = fs::read_dir(self.disk().join("containers")).expect("it has containers");
        for container in containers {
            let container = container.expect("it can be read").path();
            let log = container.join("local-logs/container.log");
            let log = File::options().append(true).open(log);
            let mut log = log.expect("it logs by the driver `local`");
            let half = [&100_u32.to_be_bytes()[..], b"half"].concat();
            log.write_all(&half).expect("the log can be torn");
        }
    }

    /// The names of its volumes that are there on the disk, whoever knows of them.
    #[must_use]
    pub fn volumes(&self) -> Vec<String> {
        let found = fs::read_dir(self.disk().join("volumes")).expect("it has a place for volumes");
        let found = found.map(|entry| entry.expect("it can be read"));
        let volumes = found.filter(|entry| entry.path().is_dir());
        volumes
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// What a `docker` command answers.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let mut command = command("docker");
        Program::succeed(command.args(["--host", &self.docker.host]).args(arguments))
    }

    /// Who sees its servers, whether the engine lives or not.
    #[must_use]
    pub fn lookout(&self) -> Lookout {
        Lookout::new(self.cgroup())
    }

    fn answers(&mut self) -> bool {
        let daemon = self.daemon.as_mut().expect("it was started");
        if let Ok(Some(status)) = daemon.try_wait() {
            panic!("dockerd ended ({status}):\n{}", self.log());
        }
        let mut command = command("docker");
        let asked = command.args(["--host", &self.docker.host, "version"]);
        Program::run(asked).status.success()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn bring_image(&self, from: &str) {
        let mut save = command("docker");
        let save = save.args(["--host", from, "save", &self.docker.image_18]);
        let mut save = save
            .stdout(Stdio::piped())
            .spawn()
            .expect("docker is there");
        let archive = save.stdout.take().expect("it was piped");
        let mut load = command("docker");
        let load = load.args(["--host", &self.docker.host, "load", "--quiet"]);
        let loaded = load.stdin(archive).output().expect("docker is there");
        assert!(loaded.status.success(), "docker load: {loaded:?}");
        let saved = save.wait().expect("it is a child");
        assert!(saved.success(), "docker save: {saved}");
    }

    fn await_end(&mut self) {
        let mut daemon = self.daemon.take().expect("it runs");
        let ended = || !matches!(daemon.try_wait(), Ok(None));
        until("the private engine ended", ended);
    }

    fn signal(&self, signal: &str, pids: &[u32]) {
        let mut command = self.enter("kill");
        let command = command.arg(format!("-{signal}"));
        Program::succeed(command.args(pids.iter().map(ToString::to_string)));
    }

    fn pid_in(&self, file: &str) -> u32 {
        let text = fs::read_to_string(self.inside(file)).expect("a daemon writes its pid file");
        text.trim().parse().expect("it holds a number")
    }

    /// A program in the engine's namespaces. The first process of them is a child's: `unshare` itself stays outside.
    fn enter(&self, program: &str) -> Command {
        let namespaces = format!("/proc/{}/ns", self.world.id());
        let mut enter = command("nsenter");
        enter.arg(format!("--mount={namespaces}/mnt"));
        enter.arg(format!("--net={namespaces}/net"));
        enter.arg(format!("--pid={namespaces}/pid_for_children"));
        enter.args(["--", program]);
        enter
    }

    /// The way to a file as the engine sees it.
    fn inside(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.world.id()))
    }

    fn disk(&self) -> PathBuf {
        self.inside(&self.home.path().join("disk").to_string_lossy())
    }

    fn cgroup(&self) -> String {
        let name = self.home.path().file_name().expect("it has a name");
        format!("/{}", name.to_string_lossy())
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        // With its input at its end, the first process of the namespaces ends, and all others with it.
        drop(self.world.stdin.take());
        let _ = self.world.wait();
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.wait();
        }
        remove_groups(&self.cgroup());
    }
}

/// Begins the namespaces, and returns when they have their file systems.
///
/// What is in `/run` belongs to the machine's own engine: it is out of sight.
fn make_world(home: &Path, disk_mib: u64) -> Child {
    let disk = home.join("disk");
    fs::create_dir(&disk).expect("the mount point can be made");
    let mut unshare = command("unshare");
    unshare.args(["--net", "--mount", "--pid", "--fork", "--mount-proc"]);
    unshare.args(["sh", "-c", SETTLE, "sh"]).arg(disk);
    unshare.arg(format!("size={disk_mib}m"));
    unshare.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut world = unshare.spawn().expect("unshare is there");
    let input = world.stdin.as_mut().expect("it was piped");
    writeln!(input).expect("the namespaces take input");
    let output = world.stdout.take().expect("it was piped");
    let echo = BufReader::new(output).lines().next();
    assert!(echo.is_some(), "the namespaces could not be made");
    world
}

/// Removes the empty control groups that a killed engine leaves, of every hierarchy.
fn remove_groups(group: &str) {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten();
    for hierarchy in hierarchies.map(|entry| entry.path()).chain([root.into()]) {
        remove_group(&hierarchy.join(group.trim_start_matches('/')));
    }
}

fn remove_group(path: &Path) {
    for below in fs::read_dir(path).into_iter().flatten().flatten() {
        if below.path().is_dir() {
            remove_group(&below.path());
        }
    }
    let _ = fs::remove_dir(path);
}

fn command(program: &str) -> Command {
    let mut command = Program::command(program);
    command.env("PATH", PATH);
    command
}

/// `docker-init` collects the dead that nobody waits for, and `cat` ends when the test does.
const SETTLE: &str =
    "mount -t tmpfs tmpfs /run && mount -t tmpfs -o \"$2\" tmpfs \"$1\" && exec docker-init -- cat";
const DOCKERD_PID: &str = "/run/docker.pid";
const CONTAINERD_PID: &str = "/run/docker/containerd/containerd.pid";
const CONTAINERD_SOCKET: &str = "/run/docker/containerd/containerd.sock";
/// As much of `containerd-shim-runc-v2` as the kernel keeps.
const SHIM: &str = "containerd-shim";
const BALLAST: &str = "ballast";
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

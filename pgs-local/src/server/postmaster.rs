use super::process::{self, Process};
use crate::{
    Binaries, OsUser,
    failure::AtPath,
    storage::{durable, home::Home, label, logs},
    tool,
};
use pgs_core::{Error, ErrorKind, Result};
use rustix::process::Signal;
use std::{fs, io, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// The first process of a running server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    pub(crate) process: Process,
    /// Where the log stood before it was started, or zero for one that was found.
    pub(crate) log_start: u64,
}

impl Postmaster {
    /// The running server of a tenant: the number in its pid file alone may be anybody's by now.
    pub(crate) fn find(home: &Home) -> Result<Option<Self>> {
        let Some(pid) = noted_pid(home)? else {
            return Ok(None);
        };
        let process = Process::in_directory(pid, &home.data())?;
        Ok(process.map(|process| Self {
            process,
            log_start: 0,
        }))
    }

    /// Starts the server. It outlives this process, and learns nothing of its environment.
    pub(crate) fn spawn(home: &Home, binaries: &Binaries, user: Option<&OsUser>) -> Result<Self> {
        let log = logs::open(home)?;
        let log_start = log.metadata().at("look at", &home.log())?.len();
        let program = binaries.program("postgres");
        let mut command = Command::new(&program);
        tool::bare(&mut command, user, &home.data());
        command
            .arg("-D")
            .arg(home.data())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().at("open", &home.log())?)
            .stderr(log);
        let mut child = command.spawn().at("run", &program)?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let process = pid.map_or(Ok(None), Process::open);
        // As long as this process lives, it is the one to take note of the server's end.
        tokio::spawn(async move { child.wait().await });
        process?
            .map(|process| Self { process, log_start })
            .ok_or_else(|| Error::internal("a server that was just started cannot be found"))
    }
}

/// Waits for what a killed server left behind, and clears its pid files away when their number is somebody else's now.
/// Without that, a number that was given away again, as after a reboot, would keep the server from starting.
pub(crate) async fn clear_up(home: &Home) -> Result<()> {
    let Some(pid) = noted_pid(home)? else {
        return Ok(());
    };
    outlive(home, ORPHANS_TAKE).await?;
    if process::is_taken(pid) {
        if is_alive(pid)? {
            tracing::warn!(pid, tenant = %home.uid(), "the pid file of a server that is gone names another process; removing it");
        }
        durable::remove_file(&pid_file(home))?;
        durable::remove_file(&home.run().join(".s.PGSQL.5432.lock"))?;
    }
    Ok(())
}

/// A server that ended, and that its parent has not taken note of yet, still has its number.
fn is_alive(pid: i32) -> Result<bool> {
    Process::open(pid)?.map_or(Ok(false), |process| Ok(!process.is_gone()?))
}

/// Waits until no server works in the data directory.
pub(crate) async fn outlive(home: &Home, patience: Duration) -> Result<()> {
    let left = Process::all_in(&home.data())?;
    let all_gone = async {
        for process in &left {
            process.exited().await?;
        }
        Ok(())
    };
    timeout(patience, all_gone).await.unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::Timeout,
            format!(
                "processes of {}'s server, which is gone, still work in `{}`",
                label::tenant(home),
                home.data().display()
            ),
        ))
    })
}

/// Ends every server process in the data directory at once.
pub(crate) async fn kill_all(home: &Home) -> Result<()> {
    for process in Process::all_in(&home.data())? {
        process.signal(Signal::KILL)?;
    }
    outlive(home, ORPHANS_TAKE).await
}

/// None without a pid file. One that cannot be read may be that of a running server.
fn noted_pid(home: &Home) -> Result<Option<i32>> {
    let path = pid_file(home);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.at("read", &path)?,
    };
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().next().and_then(|pid| pid.trim().parse().ok()))
}

/// Whether the server's own status line says that it takes no queries yet (`src/include/utils/pidfile.h`).
pub(crate) fn says_starting(home: &Home) -> bool {
    let text = fs::read_to_string(pid_file(home)).unwrap_or_default();
    text.lines()
        .nth(STATUS_LINE)
        .is_some_and(|status| status.trim() == "starting")
}

fn pid_file(home: &Home) -> std::path::PathBuf {
    home.data().join("postmaster.pid")
}

/// `LOCK_FILE_LINE_PM_STATUS`, counted from zero.
const STATUS_LINE: usize = 7;
const ORPHANS_TAKE: Duration = Duration::from_secs(30);

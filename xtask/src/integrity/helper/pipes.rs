use std::fs;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size, pipe};

/// Looks all the time at how many pipes this process has, which nothing in it needs but the proxy's relay.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    most: Arc<AtomicUsize>,
    before: usize,
}

impl Watch {
    pub(crate) fn begin() -> Result<Self> {
        let watch = Self {
            over: Arc::default(),
            most: Arc::default(),
            before: open()?,
        };
        let (over, most) = (Arc::clone(&watch.over), Arc::clone(&watch.most));
        std::thread::spawn(move || {
            while !over.load(Relaxed) {
                most.fetch_max(open().unwrap_or_default(), Relaxed);
                std::thread::sleep(BETWEEN);
            }
        });
        Ok(watch)
    }

    /// The most there were at one time.
    pub(crate) fn end(self) -> usize {
        self.over.store(true, Relaxed);
        self.most.load(Relaxed).saturating_sub(self.before)
    }
}

/// Each has two ends.
fn open() -> Result<usize> {
    let mut ends = 0;
    for descriptor in fs::read_dir("/proc/self/fd")? {
        // Others come and go meanwhile.
        let target = descriptor.and_then(|descriptor| fs::read_link(descriptor.path()));
        ends += usize::from(target.is_ok_and(|path| path.to_string_lossy().starts_with("pipe:")));
    }
    Ok(ends / 2)
}

/// So many large pipes that the kernel gives this user no more of a useful size, as long as it is held.
pub(crate) struct Hoard(Vec<(OwnedFd, OwnedFd)>);

impl Hoard {
    pub(crate) fn gather() -> Result<Self> {
        let mut hoard = Vec::new();
        while hoard.len() < ENOUGH {
            let (read, write) = pipe().context("no pipe is to be had")?;
            let grown = fcntl_setpipe_size(&write, LARGE).is_ok();
            let is_last = !grown && fcntl_getpipe_size(&write)? < USUAL;
            hoard.push((read, write));
            if is_last {
                return Ok(Self(hoard));
            }
        }
        anyhow::bail!("this user gets as many pipes as he likes: run it as another than root")
    }

    /// Fails if there is a pipe of a useful size now.
    pub(crate) fn check(&self) -> Result<()> {
        let (_read, write) = pipe()?;
        let size = fcntl_getpipe_size(&write)?;
        let held = self.0.len();
        ensure!(
            size < USUAL,
            "there was a pipe to be had beside these {held}"
        );
        Ok(())
    }
}

const BETWEEN: Duration = Duration::from_millis(5);
/// The most that an unprivileged user may give one.
const LARGE: usize = 1 << 20;
/// What the kernel gives a new one.
const USUAL: usize = 64 * 1024;
const ENOUGH: usize = 400;

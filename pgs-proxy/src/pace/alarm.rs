use std::time::{Duration, Instant};
use tokio::task::yield_now;

/// Rings at a point in time, some microseconds exactly. Tokio's own timers go by whole milliseconds, which is longer
/// than some steps of a login.
#[derive(Debug)]
pub(crate) struct Alarm(timer::Timer);

impl Alarm {
    pub(crate) fn new() -> Self {
        Self(timer::Timer::new())
    }

    pub(crate) async fn ring_at(&self, due: Instant) {
        let left = due.saturating_duration_since(Instant::now());
        if let Some(left) = left.checked_sub(LAST_STRETCH) {
            self.0.sleep(left).await;
        }
        while Instant::now() < due {
            yield_now().await;
        }
    }
}

/// Waited for awake: so long it may take until a task runs whose timer has gone off.
const LAST_STRETCH: Duration = Duration::from_micros(80);

#[cfg(target_os = "linux")]
mod timer {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::{io, os::fd::OwnedFd, time::Duration};
    use tokio::io::unix::AsyncFd;

    /// A timer of the kernel's; none when there are no descriptors left.
    #[derive(Debug)]
    pub(super) struct Timer(Option<AsyncFd<OwnedFd>>);

    impl Timer {
        pub(super) fn new() -> Self {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags);
            Self(timer.ok().and_then(|timer| register(timer).ok()))
        }

        pub(super) async fn sleep(&self, time: Duration) {
            if time.is_zero() {
                return;
            }
            let slept = match &self.0 {
                Some(timer) => sleep_on(timer, time).await,
                None => Err(io::ErrorKind::Unsupported.into()),
            };
            if slept.is_err() {
                tokio::time::sleep(time).await;
            }
        }
    }

    #[expect(
        deprecated,
        reason = "its successor is unsafe for the sake of types that may change their descriptor, which this one never does"
    )]
    fn register(timer: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
        AsyncFd::new(timer)
    }

    /// Setting it anew takes back an earlier ring that nobody has read.
    async fn sleep_on(timer: &AsyncFd<OwnedFd>, time: Duration) -> io::Result<()> {
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: time.try_into().map_err(io::Error::other)?,
        };
        timerfd_settime(timer, TimerfdTimerFlags::empty(), &once)?;
        loop {
            let mut ready = timer.readable().await?;
            let rung =
                ready.try_io(|timer| Ok(rustix::io::read(timer, &mut [0_u8; size_of::<u64>()])?));
            if let Ok(rung) = rung {
                return rung.map(drop);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod timer {
    use std::time::Duration;

    /// Tokio's, which may ring up to a millisecond late.
    #[derive(Debug)]
    pub(super) struct Timer;

    impl Timer {
        pub(super) fn new() -> Self {
            Self
        }

        pub(super) async fn sleep(&self, time: Duration) {
            tokio::time::sleep(time).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_rings_again_and_never_early() {
        let alarm = Alarm::new();
        for micros in [0, 50, 100, 700, 3_000] {
            let due = Instant::now() + Duration::from_micros(micros);
            alarm.ring_at(due).await;
            assert!(Instant::now() >= due);
        }
        alarm.ring_at(Instant::now()).await;
    }
}

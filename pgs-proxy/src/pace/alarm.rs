use super::Pace;
use std::{
    hint::spin_loop,
    sync::OnceLock,
    time::{Duration, Instant},
};
use tokio::task::yield_now;

/// Rings at a point in time, some microseconds exactly. Tokio's own timers go by whole milliseconds, which is longer
/// than some steps of a login.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    /// Made when it is first needed.
    timer: OnceLock<timer::Timer>,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sleeps through a long wait and stays awake through a short one, as the processor does on which a live server
    /// works out its answer: who wakes up is some microseconds slower, and a thousand attempts tell that.
    pub(crate) async fn ring_at(&self, due: Instant, pace: &Pace) {
        let left = due.saturating_duration_since(Instant::now());
        if cfg!(fuzzing) {
            // By the clock that a fuzzer can stop: it has no time for a server's.
            return tokio::time::sleep(left).await;
        }
        let vigil = if left > SHORT {
            None
        } else {
            pace.vigils.try_acquire().ok()
        };
        if vigil.is_none() {
            self.sleep(left, pace).await;
        }
        while Instant::now() + LAST_STRETCH < due {
            yield_now().await;
        }
        while Instant::now() < due {
            spin_loop();
        }
    }

    async fn sleep(&self, left: Duration, pace: &Pace) {
        let nearly_last = pace.lateness.quantile(95).unwrap_or(SHORTEST);
        if let Some(left) = left.checked_sub(nearly_last.clamp(SHORTEST, LONGEST)) {
            let wake = Instant::now() + left;
            self.timer.get_or_init(timer::Timer::new).sleep(left).await;
            pace.lateness.learn(wake.elapsed());
        }
    }
}

/// Most salts, and an error that comes before its server's end. On a busy machine who stays awake for longer is put aside for it.
const SHORT: Duration = Duration::from_micros(150);
const SHORTEST: Duration = Duration::from_micros(80);
/// The rest of the time is spent awake: a limit on what a decoy costs, and on how likely it is put aside for it.
const LONGEST: Duration = Duration::from_micros(120);
/// Longer than what else a thread does before it comes back to a task that has yielded.
const LAST_STRETCH: Duration = Duration::from_micros(30);

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
    use crate::pace::VIGILS;
    use std::sync::Arc;

    #[tokio::test]
    async fn an_alarm_rings_as_well_when_too_many_are_awake() {
        let (alarm, pace) = (Alarm::new(), Pace::of_roles(&Arc::default()));
        let _all = pace.vigils.try_acquire_many(VIGILS).unwrap();
        let due = Instant::now() + Duration::from_micros(600);
        alarm.ring_at(due, &pace).await;
        assert!(Instant::now() >= due);
    }

    #[tokio::test]
    async fn an_alarm_rings_again_and_never_early() {
        let (alarm, pace) = (Alarm::new(), Pace::of_roles(&Arc::default()));
        for micros in [0, 50, 300, 700, 3_000] {
            let due = Instant::now() + Duration::from_micros(micros);
            alarm.ring_at(due, &pace).await;
            assert!(Instant::now() >= due);
        }
        alarm.ring_at(Instant::now(), &pace).await;
    }
}

use super::Lately;
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// How much sooner decoys begin than what is known of them says, so that at every tenth as many of their steps are longer as
/// there are of servers'.
///
/// It makes up for what nobody can work out before: a thread that waits for a point in time is put aside now and then, by the scheduler
/// or by a host that is short of processors. A time that was drawn from servers' has such a delay in it already, and the decoy's
/// own comes on top: so the long ones begin sooner, and those that are delayed take their place.
#[derive(Debug, Default)]
pub(super) struct Steering([AtomicI64; PLACES.len()]);

impl Steering {
    /// Learns from a decoy's step, beside what servers take: a little each time.
    pub(super) fn learn(&self, decoy: Duration, servers: &Lately) {
        let (rank, spread) = (servers.rank(decoy), nanos(servers.spread()));
        let stride = spread / STRIDES;
        for (sooner, place) in self.0.iter().zip(PLACES) {
            // At rest when one of a thousand is as often longer as it has to be: `1_000 - place` times.
            let pull = if rank > place { place } else { place - 1_000 };
            let next = sooner.load(Relaxed) + stride.saturating_mul(pull) / 1_000;
            let soonest = spread.saturating_mul(SOONEST);
            sooner.store(next.clamp(-spread / LATEST, soonest), Relaxed);
        }
    }

    /// This point in time, made sooner or later for a step that is to take so long among servers'.
    pub(super) fn sooner(&self, start: Instant, rank: i64) -> Instant {
        let sooner = self.at(rank);
        let by = Duration::from_nanos(sooner.unsigned_abs());
        if sooner < 0 {
            start + by
        } else {
            start.checked_sub(by).unwrap_or(start)
        }
    }

    /// Nanoseconds; between two places on a straight line.
    fn at(&self, rank: i64) -> i64 {
        let knots = self.0.iter().map(|sooner| sooner.load(Relaxed)).zip(PLACES);
        let mut below = None;
        for (sooner, place) in knots {
            if place >= rank {
                let (from, start) = below.unwrap_or((sooner, place - 1));
                return from + (sooner - from) * (rank - start).max(0) / (place - start);
            }
            below = Some((sooner, place));
        }
        below.map_or(0, |(sooner, _)| sooner)
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Of a thousand servers, so many are quicker.
const PLACES: [i64; 10] = [50, 150, 250, 350, 450, 550, 650, 750, 850, 950];
/// One is this part of what lies between the quarters of servers' times: small enough for a wobble that hides among them, and large
/// enough to follow a machine that gets busy within some hundred refusals.
const STRIDES: i64 = 250;
/// What a stranger who makes decoys slow can bring about, or one who makes servers slow, as times and part of the same.
const SOONEST: i64 = 4;
const LATEST: i64 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    /// What a server takes on a machine that puts every second one aside.
    fn server(random: &mut SmallRng) -> Duration {
        let work = Duration::from_micros(random.random_range(1_300..1_600));
        work + if random.random() {
            delay(random)
        } else {
            Duration::ZERO
        }
    }

    /// Most are short.
    fn delay(random: &mut SmallRng) -> Duration {
        Duration::from_millis(3).mul_f64(random.random_range(0.0_f64..1.0).powi(3))
    }

    /// The distance of Kolmogorov and Smirnov of decoys, of whom every fifth is put aside, from servers, in thousandths; servers
    /// do not change.
    fn distance(steering: &Steering, learn: bool) -> i64 {
        let mut random = SmallRng::seed_from_u64(7);
        let servers: Vec<_> = (0..1_000).map(|_| server(&mut random)).collect();
        let lately = Lately::of(servers.iter().copied()).unwrap();
        let start = Instant::now();
        let mut decoy = || {
            let drawn = servers[random.random_range(0..servers.len())];
            let begins = steering.sooner(start + drawn, lately.rank(drawn));
            let aside = random.random_ratio(1, 5);
            let delay = if aside {
                delay(&mut random)
            } else {
                Duration::ZERO
            };
            let took = (begins + delay).duration_since(start);
            if learn {
                steering.learn(took, &lately);
            }
            took
        };
        let mut decoys: Vec<_> = (0..6_000).map(|_| decoy()).collect();
        let mut decoys = decoys.split_off(2_000);
        decoys.sort_unstable();
        let share = |index| i64::try_from(index * 1_000 / decoys.len()).unwrap();
        let distances = decoys.iter().enumerate();
        let distances = distances.map(|(index, took)| (share(index) - lately.rank(*took)).abs());
        distances.max().unwrap()
    }

    #[test]
    fn decoys_that_are_put_aside_are_spread_as_servers_are() {
        let steering = Steering::default();
        let before = distance(&steering, false);
        let steered = distance(&steering, true);
        assert!(steered < before / 2, "{steered}, not {before}");
    }

    #[test]
    fn steering_ends_at_a_share_of_what_lies_between_servers() {
        let micros = Duration::from_micros;
        let lately = Lately::of((1_000..1_100).map(micros)).unwrap();
        for (decoy, sooner) in [(9_000, 4 * 50_000), (1, -50_000 / 8)] {
            let steering = Steering::default();
            for _ in 0..100_000 {
                steering.learn(micros(decoy), &lately);
            }
            let start = Instant::now() + micros(1_000);
            for rank in [0, 50, 420, 1_000] {
                let steered = steering.sooner(start, rank);
                let by = nanos(start.saturating_duration_since(steered))
                    - nanos(steered.saturating_duration_since(start));
                assert_eq!(by, sooner, "{rank}");
            }
        }
    }

    #[test]
    fn between_two_places_it_is_something_between() {
        let steering = Steering::default();
        for (index, sooner) in steering.0.iter().enumerate() {
            sooner.store(i64::try_from(index).unwrap() * 1_000, Relaxed);
        }
        for (rank, sooner) in [
            (0, 0),
            (50, 0),
            (100, 500),
            (150, 1_000),
            (905, 8_550),
            (999, 9_000),
        ] {
            assert_eq!(steering.at(rank), sooner, "{rank}");
        }
    }
}

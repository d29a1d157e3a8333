use super::{
    Lately,
    lately::{ALL, Rank},
};
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

/// How much quicker a server decoys aim at than the one whose times they have drawn, so that at every tenth as many of their steps are
/// longer as there are of servers'.
///
/// It makes up for what nobody can work out before: a thread that waits for a point in time is put aside now and then, by the scheduler
/// or by a host that is short of processors. A time that was drawn from servers' has such a delay in it already, and the decoy's
/// own comes on top: so the long ones begin sooner, and those that are delayed take their place. No decoy aims at less than the
/// quickest server takes.
#[derive(Debug, Default)]
pub(super) struct Steering([AtomicI64; PLACES.len()]);

/// That of each step which is steered.
#[derive(Debug, Default)]
pub(super) struct Steerings {
    pub(super) greeting: Steering,
    /// Of servers that are not ready with the salt when most are.
    pub(super) challenge: Steering,
    pub(super) verdict: Steering,
    /// Of servers that are not heard to end with the error.
    pub(super) end: Steering,
}

impl Steering {
    /// Learns from a decoy's step, beside what servers take: a little each time.
    pub(super) fn learn(&self, decoy: Duration, servers: &Lately) {
        let rank = servers.rank(decoy);
        for (quicker, place) in self.0.iter().zip(PLACES) {
            // At rest where the share of decoys that take longer is that of servers: `ALL - place`.
            let pull = if rank > place { place } else { place - ALL };
            let next = quicker.load(Relaxed) + pull / STRIDES;
            quicker.store(next.clamp(-SLOWEST, QUICKEST), Relaxed);
        }
    }

    /// What a decoy that has drawn so long aims at.
    pub(super) fn aim(&self, drawn: Duration, servers: &Lately) -> Duration {
        let rank = servers.rank(drawn);
        servers.at(rank - self.quicker(rank))
    }

    /// Between two places on a straight line.
    fn quicker(&self, rank: Rank) -> Rank {
        let knots = self.0.iter().map(|quicker| quicker.load(Relaxed));
        let mut below = None;
        for (quicker, place) in knots.zip(PLACES) {
            if place >= rank {
                let (from, start) = below.unwrap_or((quicker, place - 1));
                return from + (quicker - from) * (rank - start).max(0) / (place - start);
            }
            below = Some((quicker, place));
        }
        below.map_or(0, |(quicker, _)| quicker)
    }
}

const PLACES: [Rank; 10] = [
    50_000, 150_000, 250_000, 350_000, 450_000, 550_000, 650_000, 750_000, 850_000, 950_000,
];
/// Small enough for a wobble that hides among servers, and large enough to follow a machine that gets busy within some hundred
/// refusals.
const STRIDES: i64 = 250;
/// What a stranger can bring about who makes decoys slow, or servers.
const QUICKEST: Rank = 300_000;
const SLOWEST: Rank = 75_000;

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

    /// The distance of Kolmogorov and Smirnov of decoys, of whom every fifth is put aside, from servers, who do not change.
    fn distance(steering: &Steering, learn: bool) -> Rank {
        let mut random = SmallRng::seed_from_u64(7);
        let servers: Vec<_> = (0..1_000).map(|_| server(&mut random)).collect();
        let lately = Lately::of(servers.iter().copied()).unwrap();
        let mut decoy = || {
            let drawn = servers[random.random_range(0..servers.len())];
            let aside = random.random_ratio(1, 5);
            let delay = if aside {
                delay(&mut random)
            } else {
                Duration::ZERO
            };
            let took = steering.aim(drawn, &lately) + delay;
            if learn {
                steering.learn(took, &lately);
            }
            took
        };
        let mut decoys: Vec<_> = (0..6_000).map(|_| decoy()).collect();
        let mut decoys = decoys.split_off(2_000);
        decoys.sort_unstable();
        let share =
            |index| i64::try_from(index).unwrap() * ALL / i64::try_from(decoys.len()).unwrap();
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
    fn steering_has_an_end_within_what_servers_take() {
        let micros = Duration::from_micros;
        let lately = Lately::of((1_000..1_100).map(micros)).unwrap();
        for (decoy, aims) in [
            (
                9_000,
                [
                    (1_000, 1_000),
                    (1_020, 1_000),
                    (1_060, 1_030),
                    (1_099, 1_069),
                ],
            ),
            (
                1,
                [
                    (1_000, 1_007),
                    (1_020, 1_027),
                    (1_060, 1_067),
                    (1_099, 1_099),
                ],
            ),
        ] {
            let steering = Steering::default();
            assert_eq!(steering.aim(micros(1_042), &lately), micros(1_042));
            for _ in 0..5_000 {
                steering.learn(micros(decoy), &lately);
            }
            for (drawn, aim) in aims {
                let distance = steering.aim(micros(drawn), &lately).abs_diff(micros(aim));
                assert!(distance <= micros(1), "{decoy}, {drawn}: {distance:?}");
            }
        }
    }

    #[test]
    fn between_two_places_it_is_something_between() {
        let steering = Steering::default();
        for (index, quicker) in steering.0.iter().enumerate() {
            quicker.store(i64::try_from(index).unwrap() * 1_000, Relaxed);
        }
        for (rank, quicker) in [
            (0, 0),
            (50_000, 0),
            (100_000, 500),
            (150_000, 1_000),
            (905_000, 8_550),
            (999_999, 9_000),
        ] {
            assert_eq!(steering.quicker(rank), quicker, "{rank}");
        }
    }
}

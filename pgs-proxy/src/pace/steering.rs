use super::{
    Lately,
    lately::{ALL, Rank},
};
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

/// How much quicker a server decoys aim at than the one whose times they have drawn, so that at every twentieth as many of their steps are
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
    pub(super) challenge: Steering,
    pub(super) verdict: Steering,
    /// Of servers that are heard to end with the error.
    pub(super) end_at_once: Steering,
    pub(super) end_later: Steering,
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

const PLACES: [Rank; 20] = {
    let mut places = [25_000; 20];
    let mut next = 1;
    while next < places.len() {
        places[next] = places[next - 1] + 50_000;
        next += 1;
    }
    places
};
/// Small enough for a wobble that hides among servers, and large enough to follow a machine that gets busy within some hundred
/// refusals.
const STRIDES: i64 = 250;
/// What a stranger can bring about who makes decoys slow, or servers.
const QUICKEST: Rank = 500_000;
const SLOWEST: Rank = 75_000;

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};

    const MICROS: fn(u64) -> Duration = Duration::from_micros;

    /// What a server takes on a machine that puts every second one aside.
    fn server(random: &mut SmallRng) -> Duration {
        let work = MICROS(random.random_range(1_300..1_600));
        work + delay(random, 2)
    }

    /// What one takes that is soon ready, as every third is, or only long after.
    fn server_of_two_kinds(random: &mut SmallRng) -> Duration {
        let (soon, late) = (100..150, 500..900);
        let is_soon = random.random_ratio(1, 3);
        let work = MICROS(random.random_range(if is_soon { soon } else { late }));
        work + delay(random, 2)
    }

    /// Of one in so many. Most are short.
    fn delay(random: &mut SmallRng, one_in: u32) -> Duration {
        let longest = Duration::from_millis(3).mul_f64(random.random_range(0.0_f64..1.0).powi(3));
        if random.random_ratio(1, one_in) {
            longest
        } else {
            Duration::ZERO
        }
    }

    /// The distance of Kolmogorov and Smirnov of decoys, of whom one in so many is put aside, from servers, who do not change.
    fn distance(server: fn(&mut SmallRng) -> Duration, one_in: u32, learn: bool) -> Rank {
        let (steering, mut random) = (Steering::default(), SmallRng::seed_from_u64(7));
        let servers: Vec<_> = (0..1_000).map(|_| server(&mut random)).collect();
        let lately = Lately::of(servers.iter().copied()).unwrap();
        let mut decoy = || {
            let drawn = servers[random.random_range(0..servers.len())];
            let took = steering.aim(drawn, &lately) + delay(&mut random, one_in);
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
        for (server, one_in) in [
            (server as fn(&mut SmallRng) -> Duration, 5),
            (server_of_two_kinds, 5),
        ] {
            let before = distance(server, one_in, false);
            let steered = distance(server, one_in, true);
            assert!(steered < before / 3, "{steered}, not {before}");
        }
    }

    #[test]
    fn steering_has_an_end_within_what_servers_take() {
        let lately = Lately::of((1_000..1_100).map(MICROS)).unwrap();
        for (decoy, aims) in [
            (
                9_000,
                [
                    (1_000, 1_000),
                    (1_020, 1_000),
                    (1_060, 1_010),
                    (1_099, 1_049),
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
            assert_eq!(steering.aim(MICROS(1_042), &lately), MICROS(1_042));
            for _ in 0..5_000 {
                steering.learn(MICROS(decoy), &lately);
            }
            for (drawn, aim) in aims {
                let distance = steering.aim(MICROS(drawn), &lately).abs_diff(MICROS(aim));
                assert!(distance <= MICROS(1), "{decoy}, {drawn}: {distance:?}");
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
            (25_000, 0),
            (50_000, 500),
            (75_000, 1_000),
            (955_000, 18_600),
            (999_999, 19_000),
        ] {
            assert_eq!(steering.quicker(rank), quicker, "{rank}");
        }
    }
}

use super::{KnownRoles, Pace, RefusalTimes};
use crate::stream::Leg;
use std::sync::Arc;

/// The pace of clients on each kind of leg.
#[derive(Debug)]
pub(crate) struct Paces {
    roles: Arc<KnownRoles>,
    tcp: Pace,
    tls: Pace,
    unix: Pace,
}

impl Paces {
    pub(crate) fn of(&self, leg: Leg) -> &Pace {
        match leg {
            Leg::Tcp => &self.tcp,
            Leg::Tls => &self.tls,
            Leg::Unix => &self.unix,
        }
    }

    /// What a decoy on such a leg shall take: what was learnt there, or else on another, or else a guess.
    pub(crate) fn sample(&self, leg: Leg) -> RefusalTimes {
        let nearest_first = [self.of(leg), &self.tcp, &self.tls, &self.unix];
        let learnt = nearest_first.into_iter().find_map(Pace::sample);
        learnt.unwrap_or_else(RefusalTimes::guess)
    }

    pub(crate) fn known_roles(&self) -> usize {
        self.roles.len()
    }
}

impl Default for Paces {
    fn default() -> Self {
        let roles = Arc::default();
        let [tcp, tls, unix] = [(); 3].map(|()| Pace::of_roles(&roles));
        Self {
            roles,
            tcp,
            tls,
            unix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn greeted_after(millis: u64) -> RefusalTimes {
        RefusalTimes {
            greeting: Duration::from_millis(millis),
            ..RefusalTimes::guess()
        }
    }

    #[test]
    fn before_anything_was_learnt_the_guess_differs_from_time_to_time() {
        let paces = Paces::default();
        let [first, second] = [(); 2].map(|()| paces.sample(Leg::Tcp));
        assert_ne!(first, second);
        assert!(first.greeting > Duration::from_micros(500));
    }

    #[test]
    fn each_kind_of_leg_has_its_own_pace_and_lends_it_to_those_without() {
        let paces = Paces::default();
        for (leg, millis) in [(Leg::Unix, 70), (Leg::Tcp, 90)] {
            let pace = paces.of(leg);
            pace.learn_refusal(pace.role(b"acme"), greeted_after(millis));
        }
        for (leg, millis) in [(Leg::Unix, 70), (Leg::Tcp, 90), (Leg::Tls, 90)] {
            let greeting = paces.sample(leg).greeting;
            assert_eq!(greeting, Duration::from_millis(millis));
        }
    }
}

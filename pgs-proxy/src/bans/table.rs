use super::{Ban, BanPolicy, Culprit, blame::Blame};
use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

/// The failures that are remembered. Reads no clock.
#[derive(Debug)]
pub(super) struct BanTable {
    policy: BanPolicy,
    records: HashMap<Arc<Culprit>, Record>,
    /// Whom to forget first when there are too many.
    order: BTreeMap<Harm, Arc<Culprit>>,
    last: u64,
    /// Of its own, so that nobody can make up a role that is taken for another.
    hasher: RandomState,
}

#[derive(Clone, Debug)]
struct Record {
    /// All that were not forgiven, and those of them that count towards the next ban.
    blame: Blame,
    /// When the first of the strikes was.
    since: Instant,
    bans: u32,
    harm: Harm,
}

/// Who was never banned comes first, by their last failure; then the others, by the end of their ban.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Harm {
    was_banned: bool,
    time: Instant,
    number: u64,
}

impl BanTable {
    pub(super) fn new(policy: BanPolicy) -> Self {
        Self {
            policy,
            records: HashMap::new(),
            order: BTreeMap::new(),
            last: 0,
            hasher: RandomState::new(),
        }
    }

    pub(super) fn is_banned(&self, culprit: &Culprit, now: Instant) -> bool {
        let record = self.records.get(culprit);
        record.is_some_and(|record| record.remaining(now).is_some())
    }

    /// Counts a failure of that role and tenant; the length of the ban that it makes.
    pub(super) fn failed(
        &mut self,
        culprit: &Culprit,
        identity: &[u8],
        now: Instant,
    ) -> Option<Duration> {
        if self.policy.failures == 0 {
            return None;
        }
        let whose = self.hasher.hash_one(identity);
        let known = self.records.remove_entry(culprit);
        let (culprit, mut record) = match known {
            Some((culprit, record)) => {
                self.order.remove(&record.harm);
                (culprit, record)
            }
            None if self.make_room(now) => (Arc::new(culprit.clone()), self.first_record(now)),
            None => return None,
        };
        let banned_for = record.strike(whose, &self.policy, now);
        self.order.insert(record.harm, Arc::clone(&culprit));
        self.records.insert(culprit, record);
        banned_for
    }

    /// Forgives what this role and tenant failed at, and everything once nothing else is left: whoever has one password
    /// may not wipe out guesses at another.
    pub(super) fn succeeded(&mut self, culprit: &Culprit, identity: &[u8]) {
        let whose = self.hasher.hash_one(identity);
        if let Some(record) = self.records.get_mut(culprit)
            && record.blame.forgive(whose)
        {
            self.forget(culprit);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn forget(&mut self, culprit: &Culprit) {
        if let Some(record) = self.records.remove(culprit) {
            self.order.remove(&record.harm);
        }
    }

    pub(super) fn list(&self, now: Instant) -> Vec<Ban> {
        let latest_first = self.order.iter().rev();
        let offenders = latest_first.take_while(|(harm, _)| harm.was_banned);
        offenders
            .filter_map(|(_, culprit)| {
                let record = self.records.get(culprit)?;
                Some(Ban {
                    tenant: culprit.name().to_vec(),
                    address: culprit.network(),
                    failures: record.blame.failures(),
                    remaining: record.remaining(now)?,
                })
            })
            .collect()
    }

    fn first_record(&mut self, now: Instant) -> Record {
        self.last += 1;
        Record {
            blame: Blame::default(),
            since: now,
            bans: 0,
            harm: Harm {
                was_banned: false,
                time: now,
                number: self.last,
            },
        }
    }

    /// Whether there is room for one more, after the least harmful was forgotten. Never a ban that goes on: whoever is
    /// banned could end it with failures under other names.
    fn make_room(&mut self, now: Instant) -> bool {
        if self.records.len() >= self.policy.remembered {
            let least = self.order.first_key_value();
            let least = least.filter(|(harm, _)| !harm.was_banned || harm.time <= now);
            if let Some(least) = least.map(|(_, culprit)| Arc::clone(culprit)) {
                self.forget(&least);
            }
        }
        self.records.len() < self.policy.remembered
    }
}

impl Record {
    fn strike(&mut self, whose: u64, policy: &BanPolicy, now: Instant) -> Option<Duration> {
        if self.harm.was_banned && now >= self.harm.time + policy.longest {
            self.bans = 0;
        }
        if now.duration_since(self.since) >= policy.window {
            self.blame.clear_strikes();
        }
        if self.blame.strikes() == 0 {
            self.since = now;
        }
        self.blame.add(whose);
        if self.blame.strikes() < policy.failures {
            if !self.harm.was_banned {
                self.harm.time = now;
            }
            return None;
        }
        Some(self.ban(policy, now))
    }

    fn ban(&mut self, policy: &BanPolicy, now: Instant) -> Duration {
        let length = policy.length(self.bans);
        self.blame.clear_strikes();
        self.bans = self.bans.saturating_add(1);
        self.harm.time = if self.harm.was_banned {
            self.harm.time.max(now + length)
        } else {
            now + length
        };
        self.harm.was_banned = true;
        length
    }

    fn remaining(&self, now: Instant) -> Option<Duration> {
        let ends = self.harm.was_banned.then_some(self.harm.time)?;
        Some(ends.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BanPolicy = BanPolicy {
        failures: 3,
        window: Duration::from_mins(1),
        first: Duration::from_secs(1),
        longest: Duration::from_mins(15),
        loopback: false,
        remembered: 4,
    };

    struct Clocked {
        table: BanTable,
        now: Instant,
    }

    impl Clocked {
        fn new() -> Self {
            Self {
                table: BanTable::new(POLICY),
                now: Instant::now(),
            }
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        /// The seconds of the ban that it makes.
        fn fail(&mut self, who: &Culprit) -> Option<u64> {
            self.fail_as(who, "owner")
        }

        fn fail_as(&mut self, who: &Culprit, role: &str) -> Option<u64> {
            let length = self.table.failed(who, role.as_bytes(), self.now);
            length.map(|length| length.as_secs())
        }

        fn ban(&mut self, who: &Culprit) -> Option<u64> {
            (0..POLICY.failures)
                .filter_map(|_| self.fail(who))
                .next_back()
        }

        fn is_banned(&self, who: &Culprit) -> bool {
            self.table.is_banned(who, self.now)
        }
    }

    fn at(name: &str, last: u8) -> Culprit {
        Culprit::new(name.as_bytes(), [192, 0, 2, last].into())
    }

    #[test]
    fn too_many_failures_make_a_ban_of_this_address_at_this_name_only() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        assert_eq!([0; 3].map(|_| clock.fail(&who)), [None, None, Some(1)]);
        assert!(clock.is_banned(&who));
        assert!(!clock.is_banned(&at("acme", 2)) && !clock.is_banned(&at("beta", 1)));
        clock.pass(1);
        assert!(!clock.is_banned(&who));
    }

    #[test]
    fn slow_failures_are_forgiven() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        for _ in 0..20 {
            assert_eq!(clock.fail(&who), None);
            clock.pass(30);
        }
    }

    #[test]
    fn bans_grow_until_there_was_peace_for_as_long_as_the_longest() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        for seconds in [1, 2, 4, 8] {
            assert_eq!(clock.ban(&who), Some(seconds));
            clock.pass(seconds);
        }
        clock.pass(899);
        assert_eq!(clock.ban(&who), Some(16));
        clock.pass(16 + 900);
        assert_eq!(clock.ban(&who), Some(1));
    }

    #[test]
    fn a_thousand_attempts_at_one_time_are_not_one_ban() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        for _ in 0..1_000 {
            clock.fail(&who);
        }
        let [ban] = clock.table.list(clock.now).try_into().unwrap();
        assert_eq!((ban.failures, ban.remaining.as_secs()), (1_000, 900));
        assert_eq!(ban.tenant_text(), "acme");
    }

    #[test]
    fn a_success_forgives_everything_that_one_role_did() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        clock.ban(&who);
        clock.fail(&who);
        clock.table.succeeded(&who, b"owner");
        assert!(!clock.is_banned(&who) && clock.table.order.is_empty());
        assert_eq!(clock.ban(&who), Some(1));
    }

    #[test]
    fn a_success_of_one_role_does_not_forgive_guesses_at_another() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        for expected in [None, None, Some(1)] {
            assert_eq!(clock.fail(&who), expected);
            clock.table.succeeded(&who, b"app");
        }
        assert!(clock.is_banned(&who));
        clock.pass(1);
        assert_eq!(clock.ban(&who), Some(2));
    }

    #[test]
    fn a_success_takes_back_the_failures_of_its_own_role_only() {
        let mut clock = Clocked::new();
        let who = at("acme", 1);
        clock.fail_as(&who, "owner");
        clock.fail_as(&who, "app");
        clock.table.succeeded(&who, b"app");
        assert_eq!(clock.fail_as(&who, "app"), None);
        assert_eq!(clock.fail_as(&who, "app"), Some(1));
        let [ban] = clock.table.list(clock.now).try_into().unwrap();
        assert_eq!(ban.failures, 3);
    }

    #[test]
    fn a_spray_of_names_forgets_the_oldest_failures_and_no_ban() {
        let mut clock = Clocked::new();
        let (banned, oldest) = (at("acme", 1), at("oldest", 1));
        clock.ban(&banned);
        for name in [&oldest, &at("b", 1), &at("c", 1), &at("d", 1)] {
            assert_eq!(clock.fail(name), None);
        }
        assert_eq!(clock.table.records.len(), POLICY.remembered);
        assert!(clock.is_banned(&banned));
        assert!(!clock.table.records.contains_key(&oldest));
    }

    #[test]
    fn a_table_full_of_bans_takes_nobody_new_before_one_is_over() {
        let mut clock = Clocked::new();
        let banned = [1, 2, 3, 4].map(|last| at("acme", last));
        for who in &banned {
            clock.ban(who);
        }
        assert_eq!(clock.ban(&at("acme", 5)), None);
        assert!(banned.iter().all(|who| clock.is_banned(who)));
        clock.pass(1);
        assert_eq!(clock.ban(&at("acme", 5)), Some(1));
        assert_eq!(clock.table.records.len(), POLICY.remembered);
    }

    #[test]
    fn without_a_limit_nothing_is_remembered() {
        let off = BanPolicy {
            failures: 0,
            ..POLICY
        };
        let mut table = BanTable::new(off);
        assert_eq!(table.failed(&at("acme", 1), b"owner", Instant::now()), None);
        assert!(table.records.is_empty());
    }
}

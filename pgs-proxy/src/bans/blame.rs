/// Whose failures they are, of one address at one tenant.
#[derive(Clone, Debug, Default)]
pub(super) struct Blame {
    /// The first roles that failed.
    by_role: Vec<(u64, Count)>,
    /// All further ones together, which no success forgives.
    others: Count,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    failures: u64,
    /// Those that count towards the next ban.
    strikes: u32,
}

impl Blame {
    /// One more failure of the role with this hash.
    pub(super) fn add(&mut self, role: u64) {
        let count = self.count_of(role);
        count.failures = count.failures.saturating_add(1);
        count.strikes = count.strikes.saturating_add(1);
    }

    /// Takes back the failures of this role; whether none are left.
    pub(super) fn forgive(&mut self, role: u64) -> bool {
        self.by_role.retain(|(known, _)| *known != role);
        self.by_role.is_empty() && self.others.failures == 0
    }

    pub(super) fn clear_strikes(&mut self) {
        for (_, count) in &mut self.by_role {
            count.strikes = 0;
        }
        self.others.strikes = 0;
    }

    pub(super) fn failures(&self) -> u64 {
        self.counts().map(|count| count.failures).sum()
    }

    pub(super) fn strikes(&self) -> u32 {
        self.counts()
            .fold(0, |sum, count| sum.saturating_add(count.strikes))
    }

    fn counts(&self) -> impl Iterator<Item = Count> {
        let by_role = self.by_role.iter().map(|(_, count)| *count);
        by_role.chain([self.others])
    }

    fn count_of(&mut self, role: u64) -> &mut Count {
        let known = self.by_role.iter().position(|(known, _)| *known == role);
        let place = known.unwrap_or_else(|| {
            if self.by_role.len() < MOST_ROLES {
                self.by_role.push((role, Count::default()));
            }
            self.by_role.len() - 1
        });
        match self.by_role.get_mut(place) {
            Some((known, count)) if *known == role => count,
            _ => &mut self.others,
        }
    }
}

/// People mistype the password of one role or two.
const MOST_ROLES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spray_of_roles_takes_no_more_room_and_is_counted_all_the_same() {
        let mut blame = Blame::default();
        for role in 0..100 {
            blame.add(role);
        }
        assert_eq!((blame.failures(), blame.strikes()), (100, 100));
        assert_eq!(blame.by_role.len(), MOST_ROLES);
        for role in 0..100 {
            assert!(!blame.forgive(role));
        }
        assert_eq!(blame.failures(), 100 - 8);
    }

    #[test]
    fn strikes_that_are_cleared_are_still_failures() {
        let mut blame = Blame::default();
        blame.add(1);
        blame.clear_strikes();
        blame.add(1);
        assert_eq!((blame.failures(), blame.strikes()), (2, 1));
        assert!(blame.forgive(1));
    }
}

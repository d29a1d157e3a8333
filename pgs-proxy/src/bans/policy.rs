use std::time::Duration;

/// When failed logins of one address at one tenant make the proxy turn that address away for a while.
///
/// libpq's `sslmode=prefer` tries a wrong password twice, so ten failures are five attempts of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanPolicy {
    /// How many failures within [`window`](Self::window) make a ban; 0 for no bans at all. Default: 10.
    pub failures: u32,
    /// How long failures are added up, counted from the first. Default: 60 s.
    pub window: Duration,
    /// How long the first ban is; each further one is twice as long. Default: 1 s.
    pub first: Duration,
    /// The longest ban. When the last one is over for as long as this, it is forgotten. Default: 15 min.
    pub longest: Duration,
    /// Whether addresses of this machine are banned, too. Not by default: they may be a load balancer or a pooler that
    /// speaks for everybody.
    pub loopback: bool,
    /// How many pairs of a tenant and an address are remembered, in 300 to 500 bytes each. Default: 65 536.
    pub remembered: usize,
}

impl Default for BanPolicy {
    fn default() -> Self {
        Self {
            failures: 10,
            window: Duration::from_mins(1),
            first: Duration::from_secs(1),
            longest: Duration::from_mins(15),
            loopback: false,
            remembered: 65_536,
        }
    }
}

impl BanPolicy {
    /// How long the ban is that follows this many others.
    pub(super) fn length(&self, after: u32) -> Duration {
        let doubled = 2_u32.checked_pow(after).unwrap_or(u32::MAX);
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_double_up_to_the_longest() {
        let policy = BanPolicy::default();
        let seconds = |after| policy.length(after).as_secs();
        assert_eq!([0, 1, 2, 9].map(seconds), [1, 2, 4, 512]);
        assert_eq!([10, 31, 32, u32::MAX].map(seconds), [900; 4]);
    }
}

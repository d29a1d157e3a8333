use crate::seconds::seconds;
use pgs_proxy::BanPolicy;
use serde::Deserialize;
use std::time::Duration;

/// `[serve.bans]`: when failed logins get an address turned away at a tenant.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BansSection {
    /// How many wrong passwords within the window make a ban; 0 for no bans. Default: 10.
    pub failures: u32,
    /// The window in seconds. Default: 60.
    #[serde(deserialize_with = "seconds")]
    pub window_seconds: u64,
    /// The first ban in seconds; each further one is twice as long. Default: 1.
    #[serde(deserialize_with = "seconds")]
    pub first_seconds: u64,
    /// The longest ban in seconds. Default: 900.
    #[serde(deserialize_with = "seconds")]
    pub longest_seconds: u64,
    /// Whether addresses of this machine are banned, too. Default: no.
    pub loopback: bool,
}

impl Default for BansSection {
    fn default() -> Self {
        let policy = BanPolicy::default();
        Self {
            failures: policy.failures,
            window_seconds: policy.window.as_secs(),
            first_seconds: policy.first.as_secs(),
            longest_seconds: policy.longest.as_secs(),
            loopback: policy.loopback,
        }
    }
}

impl BansSection {
    /// The policy as this section has it.
    #[must_use]
    pub fn policy(&self) -> BanPolicy {
        BanPolicy {
            failures: self.failures,
            window: Duration::from_secs(self.window_seconds),
            first: Duration::from_secs(self.first_seconds),
            longest: Duration::from_secs(self.longest_seconds),
            loopback: self.loopback,
            ..BanPolicy::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use pgs_proxy::BanPolicy;

    #[test]
    fn an_empty_section_means_the_defaults() {
        let config: Config = "[serve.bans]".parse().unwrap();
        assert_eq!(config.serve.proxy_config().bans, BanPolicy::default());
    }

    #[test]
    fn bans_can_be_off() {
        let config: Config = "[serve.bans]\nfailures = 0".parse().unwrap();
        assert_eq!(config.serve.proxy_config().bans.failures, 0);
    }
}

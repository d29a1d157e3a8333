use crate::seconds::seconds;
use pgs_proxy::LoginLimits;
use serde::Deserialize;
use std::time::Duration;

/// `[serve.logins]`: how many logins may be unfinished at one time, before anybody knows whose they are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LoginsSection {
    /// At one tenant; more wait for their turn. Default: 32.
    pub per_tenant: usize,
    /// At one tenant for replication. Default: 4.
    pub per_tenant_for_replication: usize,
    /// At one tenant from one address; more wait for their turn. Default: 16.
    pub per_tenant_and_address: usize,
    /// From one address, those that wait included. Default: 256.
    pub per_address: u32,
    /// Of everybody, those that wait included. Default: a quarter of `max_sessions`.
    pub all: Option<usize>,
    /// Seconds that a login waits for its turn. Default: 10.
    #[serde(deserialize_with = "seconds")]
    pub wait_seconds: u64,
}

impl Default for LoginsSection {
    fn default() -> Self {
        let limits = LoginLimits::default();
        Self {
            per_tenant: limits.per_tenant,
            per_tenant_for_replication: limits.per_tenant_for_replication,
            per_tenant_and_address: limits.per_tenant_and_address,
            per_address: limits.per_address,
            all: limits.all,
            wait_seconds: limits.wait.as_secs(),
        }
    }
}

impl LoginsSection {
    /// The limits as this section has them.
    #[must_use]
    pub fn limits(&self) -> LoginLimits {
        LoginLimits {
            per_tenant: self.per_tenant,
            per_tenant_for_replication: self.per_tenant_for_replication,
            per_tenant_and_address: self.per_tenant_and_address,
            per_address: self.per_address,
            all: self.all,
            wait: Duration::from_secs(self.wait_seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use pgs_proxy::LoginLimits;

    #[test]
    fn an_empty_section_means_the_defaults() {
        let config: Config = "[serve.logins]".parse().unwrap();
        assert_eq!(config.serve.proxy_config().logins, LoginLimits::default());
    }

    #[test]
    fn every_limit_is_read() {
        let text = "[serve.logins]\nper_tenant = 1\nper_tenant_for_replication = 2\nper_tenant_and_address = 3\n\
                    per_address = 4\nall = 5\nwait_seconds = 6";
        let config: Config = text.parse().unwrap();
        let limits = LoginLimits {
            per_tenant: 1,
            per_tenant_for_replication: 2,
            per_tenant_and_address: 3,
            per_address: 4,
            all: Some(5),
            wait: std::time::Duration::from_secs(6),
        };
        assert_eq!(config.serve.proxy_config().logins, limits);
    }
}

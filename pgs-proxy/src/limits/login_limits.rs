use std::time::Duration;

/// How many logins may be unfinished at one time: from the startup packet to the first `ReadyForQuery`, or to the end of
/// a refusal that looks like a wrong password. They are counted by what the client claims, before anything is looked up, so
/// that they are the same for names nobody has.
///
/// Clients that are held because their tenant is starting are not counted. A limit of 0 counts as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLimits {
    /// At one tenant; more wait for their turn. Keep it well below the connections that servers take, since a server has
    /// a process for each. Default: 32.
    pub per_tenant: usize,
    /// At one tenant for replication, for which servers have far fewer places. Default: 4.
    pub per_tenant_for_replication: usize,
    /// At one tenant from one address: an IPv4 address, or an IPv6 network of 64 bits; more wait for their turn. At most
    /// half as many for replication as one tenant may have. Not for peers on this machine. Default: 16.
    pub per_tenant_and_address: usize,
    /// From one address, those that wait for their turn included; one more is told 53300. Not for peers on this machine.
    /// Default: 256.
    pub per_address: u32,
    /// Of everybody, those that wait for their turn included; one more is told 53300. Default: a quarter of
    /// [`max_sessions`](crate::ProxyConfig::max_sessions).
    pub all: Option<usize>,
    /// How long a login waits for its turn before it is told 53300. Default: 10 s.
    pub wait: Duration,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            per_tenant: 32,
            per_tenant_for_replication: 4,
            per_tenant_and_address: 16,
            per_address: 256,
            all: None,
            wait: Duration::from_secs(10),
        }
    }
}

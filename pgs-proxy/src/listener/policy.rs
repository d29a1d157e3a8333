use super::TrustedProxies;
use pgs_core::{NetworkRules, routing::RoutingKeys};

/// What one listener allows. Listeners of one proxy may differ in it; they share sessions, cancel keys and limits.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ListenerPolicy {
    /// What may name a client's tenant. Default: the user name.
    pub keys: RoutingKeys,
    /// From where clients may come; those over a Unix socket come from nowhere, and always may. Default: everywhere.
    pub networks: NetworkRules,
    /// The load balancers whose PROXY header says where a client is. Default: none, and no header is understood.
    pub proxy_protocol: Option<TrustedProxies>,
    /// Who may connect to its Unix socket, as a file mode. Default: everybody on this machine, like `PostgreSQL`'s.
    pub socket_mode: Option<u32>,
}

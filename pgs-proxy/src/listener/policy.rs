use crate::TlsPolicy;
use pgs_core::{NetworkRules, routing::RoutingKeys};

/// What one listener allows. Listeners of one proxy may differ in it; they share sessions, cancel keys and limits.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ListenerPolicy {
    /// What may name a client's tenant. Default: the user name.
    pub keys: RoutingKeys,
    /// Whether its clients speak TLS. Default: they do not.
    pub tls: TlsPolicy,
    /// From where clients may come; those over a Unix socket come from nowhere, and always may. Default: everywhere.
    pub networks: NetworkRules,
}

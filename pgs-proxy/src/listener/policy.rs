use pgs_core::{NetworkRules, routing::RoutingKeys};

/// What one listener allows. Listeners of one proxy may differ in it; they share sessions, cancel keys and limits.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ListenerPolicy {
    /// What may name a client's tenant. Default: the user name.
    pub keys: RoutingKeys,
    /// From where clients may come; those over a Unix socket come from nowhere, and always may. Default: everywhere.
    pub networks: NetworkRules,
}

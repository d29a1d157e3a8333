use super::KnownServer;
use pgs_core::wire::Challenge;

/// The salt that clients were told for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownSalt {
    /// Which role of which tenant it belongs to: [`RouteRequest::identity`](pgs_core::routing::RouteRequest::identity).
    pub name: Vec<u8>,
    /// What the server answered.
    pub challenge: Challenge,
    /// What is known of the tenant's server, for all of its roles.
    pub server: KnownServer,
}

impl KnownSalt {
    /// How many a proxy remembers, at about 250 bytes each.
    pub const MOST: usize = 100_000;
    /// How many of them may be of one tenant: whoever invents roles displaces no other tenant's.
    pub const MOST_PER_TENANT: usize = 64;

    /// The salt of this name.
    pub fn new(name: Vec<u8>, challenge: Challenge) -> Self {
        Self {
            name,
            challenge,
            server: KnownServer::unknown(),
        }
    }

    /// The same salt, told by this server.
    #[must_use]
    pub fn with_server(mut self, server: KnownServer) -> Self {
        self.server = server;
        self
    }

    /// The tenant that was asked for.
    pub fn tenant(&self) -> &[u8] {
        tenant_of(&self.name)
    }
}

/// The tenant of an identity: it stands behind a NUL, or is called like the role.
pub(super) fn tenant_of(identity: &[u8]) -> &[u8] {
    let mut parts = identity.splitn(2, |byte| *byte == 0);
    let role = parts.next().unwrap_or_default();
    parts.next().unwrap_or(role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::routing::{Replication, RouteRequest, RoutingKeys};

    #[test]
    fn the_tenant_of_a_request_is_that_of_its_identity() {
        let keys = RoutingKeys {
            role_and_tenant: true,
            ..RoutingKeys::USER_NAME.clone()
        };
        for user in ["acme", "clerk.acme", "a.b.acme", "acme.acme"] {
            let user = user.as_bytes();
            let mut request = RouteRequest::new(user, user, Replication::None, None);
            request.keys = &keys;
            assert_eq!(tenant_of(&request.identity()), b"acme");
        }
    }
}

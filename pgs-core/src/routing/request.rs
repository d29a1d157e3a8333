use super::RoutingKeys;
use crate::wire::{StartupMessage, as_name};
use std::net::IpAddr;

/// What a router may look at: the routing part of a startup packet and how it came in.
///
/// Names are bytes, since a startup packet says nothing of their encoding.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RouteRequest<'a> {
    /// The `user` parameter, cut at 63 bytes as the server does.
    pub user: &'a [u8],
    /// The `user` parameter to its end: a role and a tenant may be longer together than a name.
    pub full_user: &'a [u8],
    /// The `database` parameter, cut like the user, or the user when there is none.
    pub database: &'a [u8],
    /// Whether the client named a database. One called like the user does not count: many drivers name that one where
    /// their user named none.
    pub names_database: bool,
    /// The `options` parameter as the client wrote it.
    pub options: Option<&'a [u8]>,
    /// Whether the session wants to replicate.
    pub replication: Replication,
    /// The client's address; none when it came over a Unix socket.
    pub peer: Option<IpAddr>,
    /// Whether the client speaks TLS.
    pub is_encrypted: bool,
    /// The host name the client asked for by TLS (SNI), in lower case; a client without TLS names none.
    pub host: Option<&'a str>,
    /// What may name the tenant on the listener it came in through.
    pub keys: &'a RoutingKeys,
}

impl<'a> RouteRequest<'a> {
    /// A request for a session in the clear, whose user name is the tenant's.
    #[must_use]
    pub fn new(
        user: &'a [u8],
        database: &'a [u8],
        replication: Replication,
        peer: Option<IpAddr>,
    ) -> Self {
        Self {
            user,
            full_user: user,
            database,
            names_database: database != user,
            options: None,
            replication,
            peer,
            is_encrypted: false,
            host: None,
            keys: RoutingKeys::USER_NAME,
        }
    }

    /// The request that a startup packet makes.
    #[must_use]
    pub fn of(startup: &StartupMessage<'a>, peer: Option<IpAddr>, keys: &'a RoutingKeys) -> Self {
        Self {
            full_user: startup.full_user(),
            names_database: startup.names_database(),
            options: startup.options(),
            keys,
            ..Self::new(
                startup.user(),
                startup.database(),
                startup.replication().into(),
                peer,
            )
        }
    }

    /// The same request by another user name: for a router of one's own that asks another on.
    #[must_use]
    pub fn by_user(self, user: &'a [u8]) -> Self {
        Self {
            user: as_name(user),
            full_user: user,
            ..self
        }
    }

    /// The same request over TLS, with the host name that was asked for.
    #[must_use]
    pub fn over_tls(self, host: Option<&'a str>) -> Self {
        Self {
            is_encrypted: true,
            host,
            ..self
        }
    }
}

/// The `replication` startup parameter (`PostgreSQL` manual, section 54.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replication {
    /// An ordinary session.
    #[default]
    None,
    /// Logical replication out of one database.
    Database,
    /// Physical replication: the whole cluster can be read.
    Cluster,
}

impl From<crate::wire::Replication> for Replication {
    fn from(asked: crate::wire::Replication) -> Self {
        match asked {
            crate::wire::Replication::Off => Self::None,
            crate::wire::Replication::Logical => Self::Database,
            crate::wire::Replication::Physical => Self::Cluster,
        }
    }
}

use std::net::IpAddr;

/// What a router may look at: the routing part of a startup packet and where it came from.
///
/// Names are bytes, since a startup packet says nothing of their encoding.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RouteRequest<'a> {
    /// The `user` parameter, cut at 63 bytes as the server does.
    pub user: &'a [u8],
    /// The `database` parameter, or the user when there is none.
    pub database: &'a [u8],
    /// Whether the session wants to replicate.
    pub replication: Replication,
    /// The client's address; none when it came over a Unix socket.
    pub peer: Option<IpAddr>,
}

impl<'a> RouteRequest<'a> {
    /// A request for an ordinary session.
    #[must_use]
    pub fn new(
        user: &'a [u8],
        database: &'a [u8],
        replication: Replication,
        peer: Option<IpAddr>,
    ) -> Self {
        Self {
            user,
            database,
            replication,
            peer,
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

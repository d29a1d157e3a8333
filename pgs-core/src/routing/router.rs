use super::{Login, Refusal, RouteRequest};
use crate::{Endpoint, TenantId, TenantUid};
use async_trait::async_trait;
use std::fmt::Debug;

/// Where a session goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// Whose server it is.
    pub uid: TenantUid,
    /// The tenant's name, for logs and limits.
    pub id: TenantId,
    /// Where the server listens.
    pub endpoint: Endpoint,
    /// How many sessions the tenant may have at one time through the proxy; none is no limit of its own.
    pub max_sessions: Option<u32>,
    /// What the server is told instead of what the client wrote; none forwards the startup packet byte for byte.
    pub login: Option<Login>,
}

impl Route {
    /// A route to this endpoint without a session limit.
    #[must_use]
    pub fn new(uid: TenantUid, id: TenantId, endpoint: Endpoint) -> Self {
        Self {
            uid,
            id,
            endpoint,
            max_sessions: None,
            login: None,
        }
    }
}

/// Decides, for every connection, which instance it goes to or why it does not.
///
/// An application with a rule of its own implements this trait. It need not care for reserved roles
/// ([`is_reserved_role`](super::is_reserved_role)): the proxy forwards none, whatever a router answers.
///
/// # Behavior
///
/// - A change of the tenants acts on the very next call of [`route`](Router::route), whichever process made it.
/// - Answers in microseconds when nothing changed, whatever the number of tenants.
/// - Never contacts an instance.
#[async_trait]
pub trait Router: Debug + Send + Sync {
    /// The way for this request, or the reason why there is none.
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal>;

    /// Whether the tenant's live sessions may go on. Asked a few times a second for each tenant that has any.
    async fn admits(&self, uid: TenantUid) -> bool;
}

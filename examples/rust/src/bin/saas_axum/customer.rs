use crate::{failure::Failure, pools::Pools};
use axum::{extract::FromRequestParts, http::request::Parts};
use deadpool_postgres::Object;
use pgs::TenantId;
use std::sync::Arc;

/// The customer whose request this is: a connection to that one's own server. A handler that takes it needs no `WHERE`.
///
/// The header stands for what a real service trusts: a session, a token, the host name.
pub(crate) struct Customer(pub(crate) Object);

impl FromRequestParts<Arc<Pools>> for Customer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, pools: &Arc<Pools>) -> Result<Self, Failure> {
        let name = parts.headers.get("x-customer").ok_or_else(|| {
            Failure::input("the header x-customer does not say whose request it is")
        })?;
        let name = name
            .to_str()
            .map_err(|_| Failure::input("the header x-customer is no text"))?;
        let id: TenantId = name.parse()?;
        Ok(Self(pools.of(&id).await?.get().await?))
    }
}

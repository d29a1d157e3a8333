//! Which instance a startup packet belongs to: the [`Router`] trait, and the one that asks the catalogue.

mod catalog_router;
mod claim;
mod host;
mod keys;
mod login;
mod refusal;
mod request;
mod role;
mod router;

pub use crate::tenant::is_reserved_role;
pub use catalog_router::CatalogRouter;
pub use claim::{Claim, RoutingKey};
pub use keys::RoutingKeys;
pub use login::Login;
pub use refusal::{Refusal, SqlError};
pub use request::{Replication, RouteRequest};
pub use router::{Route, Router};

//! Which instance a startup packet belongs to: the [`Router`] trait, and the one that asks the catalogue.

mod catalog_router;
mod keys;
mod refusal;
mod request;
mod router;

pub use catalog_router::CatalogRouter;
pub use keys::RoutingKeys;
pub use refusal::{Refusal, SqlError};
pub use request::{Replication, RouteRequest};
pub use router::{Route, Router};

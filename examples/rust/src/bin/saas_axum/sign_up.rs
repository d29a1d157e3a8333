use crate::{failure::Failure, pools::Pools};
use axum::{Json, extract::State, http::StatusCode};
use pgs::{Access, InitScript, TenantSpec};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    name: String,
}

#[derive(Serialize)]
pub(crate) struct SignedUp {
    customer: String,
    postgresql: u16,
}

/// When it answers, the customer's server runs and has its tables; when it fails, nothing of it is left.
pub(crate) async fn sign_up(
    State(pools): State<Arc<Pools>>,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<SignedUp>), Failure> {
    let mut spec = TenantSpec::default();
    spec.access = Access::Enabled;
    spec.init_scripts
        .push(InitScript::new("schema.sql", SCHEMA));
    let created = pools.pgs().create(wanted.name.parse()?, spec).await?;
    let customer = SignedUp {
        customer: created.id.to_string(),
        postgresql: created.pg_version.number(),
    };
    Ok((StatusCode::CREATED, Json(customer)))
}

const SCHEMA: &str =
    "create table notes (id bigint generated always as identity primary key, text text not null)";

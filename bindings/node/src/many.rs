use crate::{
    manager::NativePgs,
    reports::{Outcome, Report},
};
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;

/// What concerns all tenants.
#[napi]
impl NativePgs {
    /// Starts every tenant.
    #[napi(ts_return_type = "Promise<Array<Outcome>>")]
    pub fn start_all<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(
            env,
            |pgs| async move { Ok(outcomes(pgs.start_all().await?)) },
        )
    }

    /// Stops every tenant.
    #[napi(ts_return_type = "Promise<Array<Outcome>>")]
    pub fn stop_all<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(
            env,
            |pgs| async move { Ok(outcomes(pgs.stop_all().await?)) },
        )
    }

    /// Finishes or takes back what killed processes left.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn recover<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(
            env,
            |pgs| async move { Ok(Report::from(pgs.recover().await?)) },
        )
    }

    /// Brings every tenant to where it should be.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn reconcile<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(env, |pgs| async move {
            Ok(Report::from(pgs.reconcile().await?))
        })
    }

    /// Makes records for storage that has none.
    #[napi(ts_return_type = "Promise<Report>")]
    pub fn rebuild<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(
            env,
            |pgs| async move { Ok(Report::from(pgs.rebuild().await?)) },
        )
    }
}

fn outcomes(all: Vec<(pgs::TenantId, pgs::Result<()>)>) -> Vec<Outcome> {
    all.into_iter().map(Outcome::from).collect()
}

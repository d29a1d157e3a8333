use crate::{
    argument::count,
    manager::NativePgs,
    reports::{Event, Tenant, TenantView},
};
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;

/// What only looks.
#[napi]
impl NativePgs {
    /// The tenant of this name.
    #[napi(ts_return_type = "Promise<Tenant>")]
    pub fn get<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move {
            Ok(Tenant::from(pgs.get(&id).await?))
        })
    }

    /// Every tenant outside the trash.
    #[napi(ts_return_type = "Promise<Array<Tenant>>")]
    pub fn list<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(env, |pgs| async move { Ok(all(pgs.list().await?)) })
    }

    /// Every tenant in the trash.
    #[napi(ts_return_type = "Promise<Array<Tenant>>")]
    pub fn list_trash<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        self.call(env, |pgs| async move { Ok(all(pgs.list_trash().await?)) })
    }

    /// A tenant and what its server tells of itself.
    #[napi(ts_return_type = "Promise<TenantView>")]
    pub fn show<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move {
            Ok(TenantView::from(pgs.show(&id).await?))
        })
    }

    /// The last lines of a tenant's server log.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn logs<'env>(
        &self,
        env: &'env Env,
        id: String,
        lines: String,
    ) -> napi::Result<Object<'env>> {
        let lines: u32 = count("lines", &lines)?;
        self.call_on(env, id, move |pgs, id| async move {
            Ok(pgs.logs(&id, lines as usize).await?)
        })
    }

    /// The log of changes.
    #[napi(ts_return_type = "Promise<Array<Event>>")]
    pub fn events<'env>(
        &self,
        env: &'env Env,
        after: String,
        limit: String,
    ) -> napi::Result<Object<'env>> {
        let (after, limit): (u64, u32) = (count("after", &after)?, count("limit", &limit)?);
        self.call(env, move |pgs| async move {
            let events = pgs.events(after, limit as usize).await?;
            Ok(events.into_iter().map(Event::from).collect::<Vec<_>>())
        })
    }
}

fn all(records: Vec<pgs::TenantRecord>) -> Vec<Tenant> {
    records.into_iter().map(Tenant::from).collect()
}

/// How many lines `logs` reads unless told otherwise.
#[napi]
pub const LOG_LINES: u32 = pgs_bindings::LOG_LINES;

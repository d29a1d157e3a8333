use crate::{
    argument::{count, options},
    kept::Kept,
    promise::promise,
    proxy::NativeProxy,
    refused::refused_by,
    supervision::NativeSupervision,
    watch::NativeWatch,
};
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use pgs::{ListenAddress, Password, Pgs, TenantId};
use pgs_bindings::{Dialect, Fault, Manager, OpenOptions};
use std::{path::PathBuf, thread};

/// An open state directory.
#[napi]
#[derive(Debug)]
pub struct NativePgs {
    manager: Manager,
    state_dir: String,
    kept: Kept,
}

/// Opens a state directory; `bindir` has `PostgreSQL`'s programs that count when no others are found.
#[napi(ts_return_type = "Promise<NativePgs>")]
pub fn open_native(env: &Env, options: String, bindir: Option<String>) -> napi::Result<Object<'_>> {
    let options = open_options(&options, bindir)?;
    let owner = thread::current().id();
    promise(env, async move {
        let manager = Manager::open(options).await?;
        let kept = Kept::lasting(&manager, owner);
        NativePgs::new(manager, kept).await
    })
}

/// Opens a throw-away manager.
#[napi(ts_return_type = "Promise<NativePgs>")]
pub fn ephemeral_native(
    env: &Env,
    options: String,
    bindir: Option<String>,
) -> napi::Result<Object<'_>> {
    let options = open_options(&options, bindir)?;
    let owner = thread::current().id();
    promise(env, async move {
        let manager = Manager::ephemeral(options).await?;
        let kept = Kept::throw_away(manager.clone(), owner);
        NativePgs::new(manager, kept).await
    })
}

fn open_options(text: &str, bindir: Option<String>) -> napi::Result<OpenOptions> {
    let options = pgs_bindings::open_options(options(text)?, Dialect::Camel);
    let mut options = options.map_err(refused_by)?;
    let fallback = &mut options.config.local.fallback_bindirs;
    fallback.extend(bindir.map(PathBuf::from));
    Ok(options)
}

#[napi]
impl NativePgs {
    /// Where the tenants live.
    #[napi(getter)]
    pub fn state_dir(&self) -> &str {
        &self.state_dir
    }

    /// The connection URI of a tenant behind a proxy at this address.
    #[napi]
    pub fn url(
        &self,
        id: String,
        address: String,
        password: Option<String>,
    ) -> napi::Result<String> {
        url(&id, &address, password).map_err(refused_by)
    }

    /// Opens a proxy.
    #[napi(ts_return_type = "Promise<NativeProxy>")]
    pub fn serve<'env>(&self, env: &'env Env, options: String) -> napi::Result<Object<'env>> {
        let (manager, asked) = (self.manager.clone(), crate::argument::options(&options)?);
        promise(env, async move {
            let options = pgs_bindings::serve_options(manager.options(), asked, Dialect::Camel)?;
            Ok(NativeProxy::new(manager.serve(options).await?))
        })
    }

    /// Starts servers again that die.
    #[napi(ts_return_type = "Promise<NativeSupervision>")]
    pub fn supervise<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let manager = self.manager.clone();
        promise(env, async move {
            Ok(NativeSupervision::new(manager.supervise().await?))
        })
    }

    /// The log of changes as it grows.
    #[napi(ts_return_type = "Promise<NativeWatch>")]
    pub fn follow<'env>(&self, env: &'env Env, after: String) -> napi::Result<Object<'env>> {
        let (manager, after) = (self.manager.clone(), count("after", &after)?);
        promise(env, async move {
            Ok(NativeWatch::new(manager.follow(after).await?))
        })
    }

    /// Ends what was made of it; of a throw-away one, stops and deletes everything.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let (manager, forget) = (self.manager.clone(), self.kept.forget());
        promise(env, async move {
            let outcome = manager.close().await;
            forget();
            outcome
        })
    }
}

impl NativePgs {
    async fn new(manager: Manager, kept: Kept) -> Result<Self, Fault> {
        Ok(Self {
            state_dir: manager.pgs().await?.state_dir().display().to_string(),
            kept,
            manager,
        })
    }

    /// A promise of what this operation answers.
    pub(crate) fn call<'env, T, F>(
        &self,
        env: &'env Env,
        operation: impl FnOnce(Pgs) -> F + Send + 'static,
    ) -> napi::Result<Object<'env>>
    where
        T: napi::bindgen_prelude::ToNapiValue + Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let manager = self.manager.clone();
        promise(env, async move { operation(manager.pgs().await?).await })
    }

    /// The same of an operation on one tenant.
    pub(crate) fn call_on<'env, T, F>(
        &self,
        env: &'env Env,
        id: String,
        operation: impl FnOnce(Pgs, TenantId) -> F + Send + 'static,
    ) -> napi::Result<Object<'env>>
    where
        T: napi::bindgen_prelude::ToNapiValue + Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        self.call(env, move |pgs| async move {
            let id = id.parse()?;
            operation(pgs, id).await
        })
    }
}

fn url(id: &str, address: &str, password: Option<String>) -> pgs::Result<String> {
    let (id, address): (TenantId, ListenAddress) = (id.parse()?, address.parse()?);
    Ok(match password {
        None => pgs::connection_url(&id, address),
        Some(password) => {
            let password: Password = password.parse()?;
            pgs::connection_url_with_password(&id, address, &password)
        }
    })
}

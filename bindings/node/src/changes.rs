use crate::{
    argument::{access, options, stop_mode},
    manager::NativePgs,
    reports::{Alteration, Created, Networks, ScriptOutcome},
};
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use pgs::{Password, Result};
use pgs_bindings::Dialect;

/// What changes one tenant.
#[napi]
impl NativePgs {
    /// Creates a tenant.
    #[napi(ts_return_type = "Promise<Created>")]
    pub fn create<'env>(
        &self,
        env: &'env Env,
        id: String,
        options: String,
    ) -> napi::Result<Object<'env>> {
        let asked = crate::argument::options(&options)?;
        self.call_on(env, id, |pgs, id| async move {
            let spec = pgs_bindings::create_options(asked, Dialect::Camel)?;
            Ok(Created::from(pgs.create(id, spec).await?))
        })
    }

    /// Starts a tenant's server.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn start<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move { Ok(pgs.start(&id).await?) })
    }

    /// Stops a tenant's server.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move { Ok(pgs.stop(&id).await?) })
    }

    /// Stops a tenant's server in the given mode.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn stop_with<'env>(
        &self,
        env: &'env Env,
        id: String,
        mode: String,
    ) -> napi::Result<Object<'env>> {
        self.call_on(env, id, move |pgs, id| async move {
            Ok(pgs.stop_with(&id, stop_mode(&mode)?).await?)
        })
    }

    /// Opens or shuts a tenant's door.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn set_access<'env>(
        &self,
        env: &'env Env,
        id: String,
        wanted: String,
    ) -> napi::Result<Object<'env>> {
        self.call_on(env, id, move |pgs, id| async move {
            Ok(pgs.set_access(&id, access(&wanted)?).await?)
        })
    }

    /// Lets clients in from the next connection on.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn enable<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move { Ok(pgs.enable(&id).await?) })
    }

    /// Lets no client in from the next connection on.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn disable<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(
            env,
            id,
            |pgs, id| async move { Ok(pgs.disable(&id).await?) },
        )
    }

    /// Changes from where a tenant's clients may come.
    #[napi(ts_return_type = "Promise<Networks>")]
    pub fn set_networks<'env>(
        &self,
        env: &'env Env,
        id: String,
        networks: String,
    ) -> napi::Result<Object<'env>> {
        let asked = options(&networks)?;
        self.call_on(env, id, |pgs, id| async move {
            let change = pgs_bindings::networks_options(asked, Dialect::Camel)?;
            Ok(Networks::from(pgs.set_networks(&id, change).await?))
        })
    }

    /// Sets a tenant's password, or a generated one, and answers it.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn set_password<'env>(
        &self,
        env: &'env Env,
        id: String,
        password: Option<String>,
    ) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move {
            let password: Option<Password> = password.map(|text| text.parse()).transpose()?;
            let password = pgs.set_password(&id, password).await?;
            Ok(password.reveal().to_owned())
        })
    }

    /// Changes a tenant's limits and settings while it runs.
    #[napi(ts_return_type = "Promise<Alteration>")]
    pub fn alter<'env>(
        &self,
        env: &'env Env,
        id: String,
        change: String,
    ) -> napi::Result<Object<'env>> {
        let asked = options(&change)?;
        self.call_on(env, id, |pgs, id| async move {
            let change = pgs_bindings::alter_options(asked, Dialect::Camel)?;
            Ok(Alteration::from(pgs.alter(&id, change).await?))
        })
    }

    /// Refuses removing a tenant from now on.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn protect<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(
            env,
            id,
            |pgs, id| async move { Ok(pgs.protect(&id).await?) },
        )
    }

    /// Allows removing a tenant again.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn unprotect<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(
            env,
            id,
            |pgs, id| async move { Ok(pgs.unprotect(&id).await?) },
        )
    }

    /// Runs init scripts, each once.
    #[napi(ts_return_type = "Promise<Array<ScriptOutcome>>")]
    pub fn run_init_scripts<'env>(
        &self,
        env: &'env Env,
        id: String,
        scripts: String,
    ) -> napi::Result<Object<'env>> {
        let asked = options(&scripts)?;
        self.call_on(env, id, |pgs, id| async move {
            let scripts = pgs_bindings::init_scripts(asked, Dialect::Camel)?;
            let names: Vec<_> = scripts.iter().map(|script| script.name.clone()).collect();
            let outcomes = pgs.run_init_scripts(&id, scripts).await?;
            let outcomes = names.into_iter().zip(outcomes);
            Ok(outcomes.map(ScriptOutcome::from).collect::<Vec<_>>())
        })
    }

    /// Moves a tenant to the trash, and answers its uid.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn remove<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move {
            Ok(pgs.remove(&id).await?.to_string())
        })
    }

    /// Brings a tenant back from the trash.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn restore<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(
            env,
            id,
            |pgs, id| async move { Ok(pgs.restore(&id).await?) },
        )
    }

    /// Brings this tenant back from the trash.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn restore_uid<'env>(&self, env: &'env Env, uid: String) -> napi::Result<Object<'env>> {
        self.call(env, |pgs| async move {
            Ok(pgs.restore_uid(parsed(&uid)?).await?)
        })
    }

    /// Deletes a tenant for good.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn purge<'env>(&self, env: &'env Env, id: String) -> napi::Result<Object<'env>> {
        self.call_on(env, id, |pgs, id| async move { Ok(pgs.purge(&id).await?) })
    }

    /// Deletes this tenant for good.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn purge_uid<'env>(&self, env: &'env Env, uid: String) -> napi::Result<Object<'env>> {
        self.call(
            env,
            |pgs| async move { Ok(pgs.purge_uid(parsed(&uid)?).await?) },
        )
    }
}

fn parsed(uid: &str) -> Result<pgs::TenantUid> {
    uid.parse()
}

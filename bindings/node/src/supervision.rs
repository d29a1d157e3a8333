use crate::promise::promise;
use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use pgs_bindings::Supervision;

/// Servers that die are started again.
#[napi]
#[derive(Debug)]
pub struct NativeSupervision {
    supervision: Supervision,
}

#[napi]
impl NativeSupervision {
    pub(crate) fn new(supervision: Supervision) -> Self {
        Self { supervision }
    }

    /// Ends it; servers go on.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let supervision = self.supervision.clone();
        promise(env, async move { supervision.close().await })
    }
}

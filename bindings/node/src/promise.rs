use crate::{refused::refused, runtime::runtime};
use napi::{
    Env,
    bindgen_prelude::{Object, ToNapiValue},
};
use pgs_bindings::Fault;

type Resolver<T> = Box<dyn FnOnce(Env) -> napi::Result<T> + Send>;

/// A promise of what this work answers. The work goes on to its end even if nobody is left to hear of it; until then the
/// promise keeps the process alive, as every call does that somebody waits for.
pub(crate) fn promise<T, W>(env: &Env, work: W) -> napi::Result<Object<'_>>
where
    T: ToNapiValue + Send + 'static,
    W: Future<Output = Result<T, Fault>> + Send + 'static,
{
    let runtime = runtime()?;
    let (deferred, promise) = env.create_deferred::<T, Resolver<T>>()?;
    runtime.spawn(async move {
        match outcome(work).await {
            Ok(value) => deferred.resolve(Box::new(move |_| Ok(value))),
            Err(fault) => deferred.reject(refused(&fault)),
        }
    });
    Ok(promise)
}

/// What the work answers; that it panicked is an answer too, or its promise would never settle.
pub(crate) async fn outcome<T: Send + 'static>(
    work: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    tokio::spawn(work).await.unwrap_or_else(|ended| {
        let error = pgs::Error::internal("a call ended without an answer");
        Err(error.with_source(ended).into())
    })
}

use crate::{promise::outcome, refused::refused, runtime::runtime};
use napi::{
    Status,
    bindgen_prelude::ToNapiValue,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use pgs_bindings::Fault;

/// Called back once, as `callback(error, answer)`. Unlike a promise it does not keep the process alive: it is for what may
/// never happen.
pub(crate) type Callback<T> = ThreadsafeFunction<T, (), T, Status, true, true>;

pub(crate) fn wait<T, W>(callback: Callback<T>, work: W) -> napi::Result<()>
where
    T: ToNapiValue + Send + 'static,
    W: Future<Output = Result<T, Fault>> + Send + 'static,
{
    runtime()?.spawn(async move {
        let answer = outcome(work).await.map_err(|fault| refused(&fault));
        // Where JavaScript has ended, nobody is left to be told.
        callback.call(answer, ThreadsafeFunctionCallMode::NonBlocking);
    });
    Ok(())
}

//! The native part of `@sysnee/pgs`: what `pgs-bindings` has, as promises and objects of JavaScript.
//!
//! People call what the package's `ts/` makes of it. That passes options as JSON texts, in which a number is what it is, and
//! turns the errors of `refused` into its own.

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;

mod argument;
mod changes;
mod command;
mod kept;
mod looks;
mod manager;
mod many;
mod promise;
mod proxy;
mod refused;
mod reports;
mod runtime;
mod supervision;
mod wait;
mod watch;

pub use command::run_command;
pub use kept::own_managers;
pub use looks::LOG_LINES;
pub use manager::{NativePgs, ephemeral_native, open_native};
pub use proxy::NativeProxy;
pub use reports::{Created, Moment};
pub use supervision::NativeSupervision;
pub use watch::NativeWatch;

/// When a thread of JavaScript loads this module.
#[napi(module_exports)]
pub fn loaded(_exports: Object<'_>, env: Env) -> napi::Result<()> {
    kept::close_at_end(env)
}

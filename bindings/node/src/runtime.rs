use std::{io, sync::LazyLock};
use tokio::runtime::{Builder, Runtime};

/// The threads on which everything runs, as long as the process lives.
///
/// Not those of napi, which end with the last worker that loaded this module: an operation that was begun must go on to its
/// end.
static RUNTIME: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .thread_name("pgs")
        .enable_all()
        .build()
});

pub(crate) fn runtime() -> napi::Result<&'static Runtime> {
    RUNTIME.as_ref().map_err(|cause| {
        napi::Error::from_reason(format!("the threads of pgs cannot be started: {cause}"))
    })
}

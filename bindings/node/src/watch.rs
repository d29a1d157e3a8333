use crate::{
    reports::Event,
    wait::{Callback, wait},
};
use napi_derive::napi;
use pgs_bindings::Watch;

/// The log of changes as it grows.
#[napi]
#[derive(Debug)]
pub struct NativeWatch {
    watch: Watch,
}

#[napi]
impl NativeWatch {
    pub(crate) fn new(watch: Watch) -> Self {
        Self { watch }
    }

    /// Calls back with the next event, or with none once it is closed.
    #[napi]
    pub fn next(
        &self,
        #[napi(ts_arg_type = "(error: Error | null, event?: Event | null) => void")]
        callback: Callback<Option<Event>>,
    ) -> napi::Result<()> {
        let watch = self.watch.clone();
        wait(
            callback,
            async move { Ok(watch.next().await?.map(Event::from)) },
        )
    }

    /// Ends it.
    #[napi]
    pub fn close(&self) {
        self.watch.close();
    }
}

impl Drop for NativeWatch {
    fn drop(&mut self) {
        self.watch.close();
    }
}

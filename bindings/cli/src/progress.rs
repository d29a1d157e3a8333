use indicatif::{ProgressBar, ProgressStyle};
use pgs::provision::{Progress, Step};
use std::{sync::Arc, time::Duration};

/// A spinner on standard error that says what is being done; invisible where nobody watches.
#[derive(Debug)]
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    pub(crate) fn start(title: &str) -> Arc<Self> {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} {elapsed:.dim}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Arc::new(Self(bar))
    }
}

impl Progress for Spinner {
    fn begin(&self, step: Step) {
        self.0.set_message(step.what);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

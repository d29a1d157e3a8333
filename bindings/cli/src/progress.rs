use crate::output;
use indicatif::{ProgressBar, ProgressStyle};
use pgs::provision::{Progress, Step};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// A spinner on standard error that says what is being done; invisible where nobody watches.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: ProgressBar,
    step: Mutex<&'static str>,
}

impl Spinner {
    pub(crate) fn start(title: &str) -> Arc<Self> {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} {elapsed:.dim}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Arc::new(Self {
            bar,
            step: Mutex::default(),
        })
    }
}

impl Progress for Spinner {
    fn begin(&self, step: Step) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step.what;
        self.bar.set_message(step.what);
    }

    fn detail(&self, text: &str) {
        let step = *self.step.lock().unwrap_or_else(PoisonError::into_inner);
        self.bar
            .set_message(format!("{step}, {}", output::one_line(text)));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

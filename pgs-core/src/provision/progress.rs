use std::fmt::Debug;

/// One stretch of work that an operation is about to begin.
///
/// Operations announce a step before each side effect and after the last one, so the steps are also the points at which a
/// process can die with different things left behind: the crash tests kill the process at every one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What begins now, in words for a person, such as `copying the template`.
    pub what: &'static str,
}

/// Who wants to know how far a long operation is.
pub trait Progress: Debug + Send + Sync {
    /// This step begins now. Called from inside the operation: do not block.
    fn begin(&self, step: Step);

    /// How far the step that goes on is, such as `34M of 140M`. Called often, from inside the operation: do not block.
    fn detail(&self, text: &str) {
        let _ = text;
    }
}

impl dyn Progress + '_ {
    /// Announces that this begins now.
    pub fn step(&self, what: &'static str) {
        self.begin(Step { what });
    }
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Step) {}
}

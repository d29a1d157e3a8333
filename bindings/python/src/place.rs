use crate::failure::refused;
use pyo3::prelude::*;
use std::fmt;

/// Where among the options a value is, such as `local.fallback_bindirs[0]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Place {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn key(&self, name: &str) -> Self {
        self.below(Step::Key(name.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.below(Step::Index(index))
    }

    fn below(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// No option is as deep as this, but a list that is in itself.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.0.len() > DEEPEST
    }

    /// Whether the option is the name of a file or a directory.
    pub(crate) fn is_of_a_path(&self) -> bool {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        let keys: Vec<&str> = keys.collect();
        matches!(
            keys.strip_prefix(&["serve"]).unwrap_or(&keys),
            ["state_dir" | "config" | "access_log_file"]
                | ["local", "bindir", _]
                | ["local", "fallback_bindirs"]
                | ["docker", "initdb_dir"]
                | ["tls", "cert" | "key" | "client_ca"]
                | ["tls", "pair", "cert" | "key"]
        )
    }

    /// Says that the value is none that the option may have.
    pub(crate) fn refuse(&self, py: Python<'_>, why: &str, remedy: Option<&str>) -> PyErr {
        refused(py, &self.to_string(), why, remedy)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if number == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

const DEEPEST: usize = 16;

use std::{ffi::OsString, io, path::PathBuf, process::Command};

/// How this command was started: what it needs to read its arguments, and to start itself once more.
///
/// ```
/// let version = pgs_cli::Program::this(["--version".into()]);
/// assert_eq!(pgs_cli::run(&version).number(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    interpreter: Option<(PathBuf, Vec<OsString>)>,
    arguments: Vec<OsString>,
    fallback_bindirs: Vec<PathBuf>,
}

impl Program {
    /// The running executable is the command, and these are its arguments, without its own name.
    pub fn this(arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            interpreter: None,
            arguments: arguments.into_iter().collect(),
            fallback_bindirs: Vec::new(),
        }
    }

    /// An interpreter runs the command: what it is started with, before these arguments of the command's own.
    pub fn within(
        interpreter: impl Into<PathBuf>,
        script: impl IntoIterator<Item = OsString>,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Self {
        Self {
            interpreter: Some((interpreter.into(), script.into_iter().collect())),
            arguments: arguments.into_iter().collect(),
            fallback_bindirs: Vec::new(),
        }
    }

    /// The same command, which has brought `PostgreSQL`'s programs in these folders, for when no others are found.
    #[must_use]
    pub fn with_fallback_bindirs(mut self, bindirs: impl IntoIterator<Item = PathBuf>) -> Self {
        self.fallback_bindirs.extend(bindirs);
        self
    }

    pub(crate) fn fallback_bindirs(&self) -> &[PathBuf] {
        &self.fallback_bindirs
    }

    pub(crate) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    /// The same command but for this flag.
    pub(crate) fn again_without(&self, flag: &str) -> io::Result<Command> {
        let mut command = match &self.interpreter {
            Some((interpreter, script)) => {
                let mut command = Command::new(interpreter);
                command.args(script);
                command
            }
            None => Command::new(std::env::current_exe()?),
        };
        command.args(self.arguments.iter().filter(|argument| *argument != flag));
        Ok(command)
    }
}

use std::fmt;

/// How a client's bytes reach the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As they are.
    Plain,
}

impl Mode {
    /// Every way there is.
    pub(crate) const ALL: [Self; 1] = [Self::Plain];

    /// What an errand's environment calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

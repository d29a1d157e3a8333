use pgs_core::wire::{ErrorSource, ProtocolVersion};

/// What the answers of a tenant's server have told about it, by which refusals of different versions differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct KnownServer {
    /// The newest protocol version that it speaks: 3.0 before PostgreSQL 18, else 3.2. It tells when it is asked for more
    /// than 3.0.
    pub newest: Option<ProtocolVersion>,
    /// Where it raises a wrong password.
    pub wrong_password: Option<ErrorSource>,
}

impl KnownServer {
    /// A server that nothing is known of.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The same server, which speaks no newer version.
    #[must_use]
    pub fn with_newest(mut self, newest: ProtocolVersion) -> Self {
        self.newest = Some(newest);
        self
    }

    /// The same server, which raises a wrong password there.
    #[must_use]
    pub fn with_wrong_password(mut self, source: ErrorSource) -> Self {
        self.wrong_password = Some(source);
        self
    }

    /// What is known here, and what is not from the other.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            newest: self.newest.or(other.newest),
            wrong_password: self
                .wrong_password
                .as_ref()
                .or(other.wrong_password.as_ref())
                .cloned(),
        }
    }
}

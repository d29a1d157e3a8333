use super::{Conversation, Section};
use std::fmt;

/// One conversation that is held with the judge and with the candidate.
pub struct Case {
    /// What the client does; no other case has this name.
    pub name: String,
    /// What the case is about.
    pub section: Section,
    /// Which candidates have to answer as the judge does.
    pub audience: Audience,
    /// Where the connection may be before the first byte.
    pub ground: Ground,
    /// The client's part. When it returns, the rest is listened to until the server closes.
    pub script: Script,
}

/// A client's part of a conversation.
pub(crate) type Script = Box<dyn Fn(&mut Conversation<'_>) + Send + Sync>;

/// Whom a candidate takes its client for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Any client: the answer is the tenant's server's.
    Anybody,
    /// A client that may not learn why it is refused.
    Stranger,
    /// A client that may.
    Trusted,
}

/// What a case stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A connection in the clear, or one that is in TLS already.
    Any,
    /// Encryption has to be refused first, which TLS does not do any more.
    TheClear,
}

impl Case {
    /// A case whose answer does not depend on who asks.
    pub fn new(
        section: Section,
        name: impl Into<String>,
        script: impl Fn(&mut Conversation<'_>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            section,
            audience: Audience::Anybody,
            ground: Ground::Any,
            script: Box::new(script),
        }
    }

    /// These bytes, and then the server has to close.
    pub fn closed_on(section: Section, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self::new(section, name, move |talk| talk.send(&bytes))
    }

    /// These bytes, and then the client gives up.
    pub fn left_by_the_client(section: Section, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self::new(section, name, move |talk| {
            talk.send(&bytes);
            talk.finish();
        })
    }

    /// The same, but only for a connection in the clear.
    #[must_use]
    pub fn in_the_clear(self) -> Self {
        Self {
            ground: Ground::TheClear,
            ..self
        }
    }

    /// The same for this audience only.
    #[must_use]
    pub fn for_a(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.section, self.name)
    }
}

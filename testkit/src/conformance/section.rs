use std::fmt;

/// What a case is about, by the parts of the protocol that a front door takes part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Where a packet begins and ends, before the session.
    Framing,
    /// Requests for encryption, and what comes behind them.
    Negotiation,
    /// What a startup packet says.
    Parameters,
    /// Versions and options of the protocol.
    Versions,
    /// Cancel requests.
    Cancel,
    /// Passwords, right, wrong and odd.
    Authentication,
    /// Refusals, and errors of a session.
    Errors,
    /// Pieces, half-closed connections, large amounts, ends.
    Transport,
}

impl Section {
    /// Every section, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Framing,
        Self::Negotiation,
        Self::Parameters,
        Self::Versions,
        Self::Cancel,
        Self::Authentication,
        Self::Errors,
        Self::Transport,
    ];
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Framing => "framing",
            Self::Negotiation => "negotiation",
            Self::Parameters => "parameters",
            Self::Versions => "versions",
            Self::Cancel => "cancel",
            Self::Authentication => "authentication",
            Self::Errors => "errors",
            Self::Transport => "transport",
        };
        f.pad(name)
    }
}

use super::{Change, Network};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr};

/// From which addresses clients may come. The default is from everywhere.
///
/// ```
/// use pgs_core::NetworkRules;
///
/// let mut rules = NetworkRules::default();
/// rules.allow.push("10.0.0.0/8".parse()?);
/// rules.deny.push("10.0.0.66".parse()?);
/// assert!(rules.permit(Some("10.0.0.1".parse().unwrap())));
/// assert!(!rules.permit(Some("10.0.0.66".parse().unwrap())));
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkRules {
    /// Where clients may come from; empty means everywhere.
    pub allow: Vec<Network>,
    /// Where none may come from, even if it is allowed.
    pub deny: Vec<Network>,
}

impl NetworkRules {
    /// Whether a client at this address may come in.
    ///
    /// One without an address is on this machine, at the other end of a Unix socket: who may open that decides, as the
    /// `host` lines of a `pg_hba.conf` say nothing of it.
    #[must_use]
    pub fn permit(&self, address: Option<IpAddr>) -> bool {
        let Some(address) = address else {
            return true;
        };
        let among = |networks: &[Network]| networks.iter().any(|one| one.contains(address));
        !among(&self.deny) && (self.allow.is_empty() || among(&self.allow))
    }

    /// Whether they let everybody in.
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }
}

/// What is to become of a tenant's [`NetworkRules`]; by default, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NetworksChange {
    /// Where its clients may come from.
    pub allow: Change<Vec<Network>>,
    /// Where none may come from.
    pub deny: Change<Vec<Network>>,
}

impl NetworksChange {
    /// Whether it changes nothing, whatever the rules are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What these rules become by it.
    #[must_use]
    pub fn applied_to(&self, rules: &NetworkRules) -> NetworkRules {
        NetworkRules {
            allow: apply(&self.allow, &rules.allow),
            deny: apply(&self.deny, &rules.deny),
        }
    }
}

fn apply(change: &Change<Vec<Network>>, networks: &[Network]) -> Vec<Network> {
    match change {
        Change::Keep => networks.to_vec(),
        Change::Set(networks) => networks.clone(),
        Change::Lift => Vec::new(),
    }
}

/// Such as `allow_from=10.0.0.0/8,10.1.0.0/16, deny_from=none`.
impl fmt::Display for NetworksChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = [("allow_from", &self.allow), ("deny_from", &self.deny)]
            .into_iter()
            .filter_map(|(name, change)| match change {
                Change::Keep => None,
                Change::Set(networks) => Some(format!("{name}={}", list(networks))),
                Change::Lift => Some(format!("{name}=none")),
            });
        f.write_str(&told.collect::<Vec<_>>().join(", "))
    }
}

fn list(networks: &[Network]) -> String {
    let texts: Vec<_> = networks.iter().map(Network::to_string).collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> NetworkRules {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        NetworkRules {
            allow: parse(allow),
            deny: parse(deny),
        }
    }

    #[test]
    fn denying_beats_allowing_and_allowing_nothing_means_everybody() {
        let all: &[&str] = &[];
        for (allow, deny, address, permitted) in [
            (all, all, "10.0.0.1", true),
            (&["10.0.0.0/8"], all, "10.0.0.1", true),
            (&["10.0.0.0/8"], all, "::ffff:10.0.0.1", true),
            (&["10.0.0.0/8"], all, "11.0.0.1", false),
            (&["10.0.0.0/8"], all, "::1", false),
            (all, &["10.0.0.0/8"], "10.0.0.1", false),
            (all, &["10.0.0.0/8"], "11.0.0.1", true),
            (&["10.0.0.0/8"], &["10.0.0.1"], "10.0.0.1", false),
            (&["10.0.0.1"], &["10.0.0.0/8"], "10.0.0.1", false),
        ] {
            let rules = rules(allow, deny);
            let address = Some(address.parse().unwrap());
            assert_eq!(rules.permit(address), permitted, "{rules:?} {address:?}");
        }
        assert!(
            rules(&["10.0.0.0/8"], &["0.0.0.0/0"]).permit(None),
            "a Unix socket"
        );
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = rules(&["10.0.0.0/8"], &["10.0.0.1"]);
        let mut change = NetworksChange::default();
        assert!(change.is_empty());
        assert_eq!(change.applied_to(&before), before);
        change.allow = Change::Lift;
        assert_eq!(change.applied_to(&before), rules(&[], &["10.0.0.1"]));
        change.deny = Change::Set(rules(&["::1", "::2"], &[]).allow);
        assert_eq!(change.applied_to(&before), rules(&[], &["::1", "::2"]));
        assert_eq!(change.to_string(), "allow_from=none, deny_from=::1,::2");
    }
}

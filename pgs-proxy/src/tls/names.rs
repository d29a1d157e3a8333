//! The names a certificate is for, and how well one of them fits.

use x509_parser::{certificate::X509Certificate, extensions::GeneralName};

/// The DNS names of a certificate, in lower case; without any, its common name, as libpq sees it.
pub(super) fn of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let alternatives = alternatives.map(|extension| extension.value.general_names.as_slice());
    let mut names: Vec<_> = alternatives
        .unwrap_or_default()
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        names.extend(common_name(certificate).map(|name| name.to_ascii_lowercase()));
    }
    names
}

/// Whose certificate it is.
pub(super) fn common_name(certificate: &X509Certificate<'_>) -> Option<String> {
    let mut names = certificate.subject().iter_common_name();
    names.next()?.as_str().ok().map(str::to_owned)
}

/// How a name fits the host that a client asks for. The better, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Wildcard,
    Exact,
}

/// Both in lower case. A wildcard stands for exactly the first label.
pub(super) fn fit(name: &str, host: &str) -> Option<Fit> {
    if name == host {
        return Some(Fit::Exact);
    }
    let (label, domain) = host.split_once('.')?;
    let wildcard = name.strip_prefix("*.")? == domain && !label.is_empty();
    wildcard.then_some(Fit::Wildcard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert_eq!(fit("db.example.com", "db.example.com"), Some(Fit::Exact));
        assert_eq!(fit("*.example.com", "db.example.com"), Some(Fit::Wildcard));
        for (name, host) in [
            ("*.example.com", "example.com"),
            ("*.example.com", "a.db.example.com"),
            ("*.example.com", ".example.com"),
            ("d*.example.com", "db.example.com"),
            ("*", "localhost"),
            ("example.com", "db.example.com"),
        ] {
            assert_eq!(fit(name, host), None, "{name} {host}");
        }
    }
}

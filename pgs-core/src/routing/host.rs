/// The label before the longest of these suffixes that the host name ends in; none for a suffix itself and for hosts
/// outside all of them.
///
/// More than one label is no tenant's name, so it names one that does not exist.
pub(super) fn tenant_in<'a>(host: &'a str, suffixes: &[String]) -> Option<&'a str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if suffixes.iter().any(|suffix| suffix == host) {
        return None;
    }
    let label = |suffix: &String| {
        let label = host.strip_suffix(suffix.as_str())?.strip_suffix('.')?;
        Some((suffix.len(), label))
    };
    let longest = suffixes
        .iter()
        .filter_map(label)
        .max_by_key(|(length, _)| *length);
    longest.map(|(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_what_is_before_the_suffix_is_the_tenant() {
        let suffixes = ["example.com", "db.example.com"].map(str::to_owned);
        for (host, tenant) in [
            ("acme.db.example.com", Some("acme")),
            ("acme.db.example.com.", Some("acme")),
            ("acme.example.com", Some("acme")),
            ("x.acme.db.example.com", Some("x.acme")),
            (".db.example.com", Some("")),
            ("db.example.com", None),
            ("example.com", None),
            ("acmedb.example.org", None),
            ("notexample.com", None),
            ("", None),
        ] {
            assert_eq!(tenant_in(host, &suffixes), tenant, "{host}");
        }
        assert_eq!(tenant_in("acme.example.com", &[]), None);
    }
}

use pgs_core::{Error, ErrorKind, Result, routing::RoutingKeys};
use pgs_proxy::{ListenerPolicy, TlsPolicy};
use serde::Deserialize;

/// What may name a client's tenant, as a listener's `keys` list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum ListenerKey {
    /// The user name is the tenant's name.
    #[serde(rename = "user")]
    User,
    /// A user name `role.tenant` names both.
    #[serde(rename = "role.tenant")]
    RoleAndTenant,
    /// The host name is `tenant.suffix`, for one of the listener's `host_suffixes`.
    #[serde(rename = "host")]
    Host,
    /// The database name is the tenant's name.
    #[serde(rename = "database")]
    Database,
    /// The options say `-c pgs.tenant=name`.
    #[serde(rename = "options")]
    Options,
}

/// The keys that a listener lists; none is its default, the user name.
pub(crate) fn routing_keys(
    address: &str,
    keys: Option<&[ListenerKey]>,
    host_suffixes: &[String],
) -> Result<RoutingKeys> {
    let listed = keys.unwrap_or(DEFAULT);
    if listed.is_empty() {
        return Err(
            refused(address, "has no keys, so nobody could name a tenant")
                .with_remedy("leave `keys` out for keys = [\"user\"], or name at least one"),
        );
    }
    let on = |key| listed.contains(&key);
    match (on(ListenerKey::Host), host_suffixes.is_empty()) {
        (true, true) => {
            return Err(refused(address, "has the key `host` and no host_suffixes")
                .with_remedy("add host_suffixes = [\"db.example.com\"] for hosts such as acme.db.example.com"));
        }
        (false, false) => {
            return Err(refused(address, "has host_suffixes and not the key `host`")
                .with_remedy("add \"host\" to its keys, or leave host_suffixes out"));
        }
        _ => {}
    }
    Ok(RoutingKeys {
        user: on(ListenerKey::User),
        role_and_tenant: on(ListenerKey::RoleAndTenant),
        host_suffixes: suffixes(address, host_suffixes)?,
        database: on(ListenerKey::Database),
        options: on(ListenerKey::Options),
    })
}

/// Refuses the key `host` where clients cannot speak TLS, by which alone they say which host they mean.
pub(crate) fn host_needs_tls(address: &str, policy: &ListenerPolicy) -> Result<()> {
    if policy.keys.host_suffixes.is_empty() || !matches!(policy.tls, TlsPolicy::Off) {
        return Ok(());
    }
    let error = refused(address, "has the key `host`, and its clients speak no TLS");
    Err(error
        .with_remedy("give it a certificate under [serve.tls], or take \"host\" from its keys"))
}

/// How these keys are used, in words for a person.
pub(crate) fn told(keys: Option<&[ListenerKey]>, host_suffixes: &[String]) -> String {
    let word = |key: &ListenerKey| match key {
        ListenerKey::User => "as user <tenant>".to_owned(),
        ListenerKey::RoleAndTenant => "as user <role>.<tenant>".to_owned(),
        ListenerKey::Host => {
            let hosts = host_suffixes
                .iter()
                .map(|suffix| format!("<tenant>.{suffix}"));
            format!("to host {}", hosts.collect::<Vec<_>>().join(" or "))
        }
        ListenerKey::Database => "to database <tenant>".to_owned(),
        ListenerKey::Options => "with options '-c pgs.tenant=<tenant>'".to_owned(),
    };
    let words: Vec<_> = keys.unwrap_or(DEFAULT).iter().map(word).collect();
    words.join(", or ")
}

const DEFAULT: &[ListenerKey] = &[ListenerKey::User];

fn suffixes(address: &str, written: &[String]) -> Result<Vec<String>> {
    let check = |suffix: &String| {
        if is_host_name(suffix) {
            return Ok(suffix.to_ascii_lowercase());
        }
        let how = format!("has the host suffix `{suffix}`, which is no host name");
        Err(refused(address, &how)
            .with_remedy("write it as db.example.com, without a dot or a * in front"))
    };
    written.iter().map(check).collect()
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(allowed)
    };
    text.split('.').all(is_label)
}

fn refused(address: &str, how: &str) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        format!("the listener `{address}` {how}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_by_tls_only() {
        let mut policy = ListenerPolicy::default();
        assert!(host_needs_tls("127.0.0.1:1", &policy).is_ok());
        policy.keys.host_suffixes.push("db.example.com".to_owned());
        let error = host_needs_tls("127.0.0.1:1", &policy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    }
}

use super::{Refusal, RouteRequest, host};
use crate::wire::setting_in;
use std::{borrow::Cow, fmt};

/// What may name a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RoutingKey {
    /// The user name, cut at 63 bytes. Present unless [`RoleAndTenant`](Self::RoleAndTenant) is.
    User,
    /// What is behind the last dot of the user name. Present where there is a dot.
    RoleAndTenant,
    /// What is before one of the suffixes of the host name. Present where the host name ends in one of them, behind a dot.
    Host,
    /// The database that the server will be asked for. Present unless it follows from [`RoleAndTenant`](Self::RoleAndTenant):
    /// a client that names a role and a tenant and no database gets the tenant's own.
    Database,
    /// The setting `pgs.tenant` among the options. Present where it is set.
    Options,
}

/// In words for whoever wrote the connection's parameters.
impl fmt::Display for RoutingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::User | Self::RoleAndTenant => "user name",
            Self::Host => "host name",
            Self::Database => "database",
            Self::Options => "options",
        })
    }
}

/// A tenant's name that a key of a connection says, whether there is such a tenant or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim<'a> {
    /// Where it says so.
    pub key: RoutingKey,
    /// The name.
    pub tenant: Cow<'a, [u8]>,
}

impl<'a> RouteRequest<'a> {
    /// What each key that is on and present says.
    pub fn claims(&self) -> impl Iterator<Item = Claim<'a>> + use<'a> {
        let keys = self.keys;
        let (user, parted) = match self.role_and_tenant() {
            Some((_, tenant)) => (None, Some(tenant)),
            None => (keys.user.then_some(self.user), None),
        };
        let host = self
            .host
            .and_then(|host| host::tenant_in(host, &keys.host_suffixes));
        let database =
            (keys.database && (parted.is_none() || self.names_database)).then_some(self.database);
        let options = self.options.filter(|_| keys.options);
        let borrowed = [
            (RoutingKey::User, user),
            (RoutingKey::RoleAndTenant, parted),
            (RoutingKey::Host, host.map(str::as_bytes)),
            (RoutingKey::Database, database),
        ];
        let option = options
            .and_then(|options| setting_in(options, TENANT_SETTING))
            .map(|tenant| (RoutingKey::Options, Cow::Owned(tenant)));
        borrowed
            .into_iter()
            .filter_map(|(key, tenant)| Some((key, Cow::Borrowed(tenant?))))
            .chain(option)
            .map(|(key, tenant)| Claim { key, tenant })
    }

    /// The name of the tenant that the client claims, by every key that is on and present; none where they disagree or
    /// no key is present.
    ///
    /// It is what the client wrote: no such tenant need exist, and the name need not be one that a tenant can have.
    pub fn claim(&self) -> Option<Cow<'a, [u8]>> {
        self.tenant().ok()
    }

    /// The same, or how a client is refused that names no tenant or more than one.
    pub fn tenant(&self) -> Result<Cow<'a, [u8]>, Refusal> {
        let mut claims = self.claims();
        let Claim { tenant, .. } = claims.next().ok_or(Refusal::UnknownTenant)?;
        if claims.all(|claim| claim.tenant == tenant) {
            Ok(tenant)
        } else {
            Err(Refusal::KeyConflict)
        }
    }
}

/// The setting by which options name a tenant. The server takes it for a custom one, and `SHOW`s it.
const TENANT_SETTING: &[u8] = b"pgs.tenant";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{Replication, RoutingKeys};

    fn keys(names: &[RoutingKey]) -> RoutingKeys {
        let on = |key| names.contains(&key);
        RoutingKeys {
            user: on(RoutingKey::User),
            role_and_tenant: on(RoutingKey::RoleAndTenant),
            host_suffixes: if on(RoutingKey::Host) {
                vec!["db.example.com".to_owned()]
            } else {
                Vec::new()
            },
            database: on(RoutingKey::Database),
            options: on(RoutingKey::Options),
        }
    }

    /// User, database, host and options, none where they are empty.
    fn tenant(on: &[RoutingKey], [user, database, host, options]: [&str; 4]) -> String {
        let keys = keys(on);
        let database = if database.is_empty() { user } else { database };
        let mut request = RouteRequest::new(
            user.as_bytes(),
            database.as_bytes(),
            Replication::None,
            None,
        );
        request.keys = &keys;
        request.options = Some(options.as_bytes()).filter(|options| !options.is_empty());
        request = request.over_tls(Some(host).filter(|host| !host.is_empty()));
        match request.tenant() {
            Ok(tenant) => tenant.escape_ascii().to_string(),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    const ALL: [RoutingKey; 5] = [
        RoutingKey::User,
        RoutingKey::RoleAndTenant,
        RoutingKey::Host,
        RoutingKey::Database,
        RoutingKey::Options,
    ];
    const NAMED: &str = "acme.db.example.com";
    const OPTION: &str = "-c pgs.tenant=acme";

    #[test]
    fn each_key_names_the_tenant_by_itself() {
        use RoutingKey::{Database, Host, Options, RoleAndTenant, User};
        for (key, said) in [
            (User, ["acme", "shop", "other.example.com", "-e"]),
            (RoleAndTenant, ["app.acme", "shop", "", ""]),
            (RoleAndTenant, ["a.b.acme", "", "", ""]),
            (Host, ["app", "shop", NAMED, ""]),
            (Host, ["app.nobody", "", NAMED, ""]),
            (Database, ["app", "acme", "", ""]),
            (Database, ["acme", "", "", ""]),
            (Options, ["app", "shop", "", OPTION]),
        ] {
            assert_eq!(tenant(&[key], said), "acme", "{key:?} {said:?}");
        }
    }

    #[test]
    fn keys_that_are_off_or_absent_say_nothing() {
        use RoutingKey::{Host, Options, RoleAndTenant, User};
        for (on, said, expected) in [
            (
                &[User][..],
                ["acme", "beta", "beta.db.example.com", "-cpgs.tenant=beta"],
                "acme",
            ),
            (&[User], ["app.acme", "", "", ""], "app.acme"),
            (&[User, RoleAndTenant], ["acme", "", "", ""], "acme"),
            (&[RoleAndTenant], ["acme", "", "", ""], "UnknownTenant"),
            (&[RoleAndTenant, Host], ["app", "", NAMED, ""], "acme"),
            (&[Host], ["acme", "", "", ""], "UnknownTenant"),
            (
                &[Host],
                ["acme", "", "acme.example.com", ""],
                "UnknownTenant",
            ),
            (&[Options], ["acme", "", "", "-c geqo=off"], "UnknownTenant"),
            (&[], ["acme", "", "", ""], "UnknownTenant"),
        ] {
            assert_eq!(tenant(on, said), expected, "{on:?} {said:?}");
        }
    }

    #[test]
    fn whatever_is_present_must_agree() {
        for (said, expected) in [
            (["acme", "acme", NAMED, OPTION], "acme"),
            (["app.acme", "", NAMED, OPTION], "acme"),
            (["app.acme", "acme", NAMED, OPTION], "acme"),
            (["app.acme", "shop", NAMED, OPTION], "KeyConflict"),
            (["app.acme", "", "beta.db.example.com", ""], "KeyConflict"),
            (["app.acme", "", "x.acme.db.example.com", ""], "KeyConflict"),
            (["app.acme", "", "", "-cpgs.tenant=beta"], "KeyConflict"),
            (["app.acme", "", "", "-cpgs.tenant="], "KeyConflict"),
            (["acme", "shop", "", ""], "KeyConflict"),
            (["app", "", NAMED, ""], "KeyConflict"),
            (["app.", "", NAMED, ""], "KeyConflict"),
        ] {
            assert_eq!(tenant(&ALL, said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_role_and_a_tenant_may_be_longer_than_a_name_but_a_name_is_cut() {
        let user = [&[b'r'; 63][..], b".", &[b't'; 63]].concat();
        let keys = keys(&[RoutingKey::RoleAndTenant]);
        let mut request = RouteRequest::new(b"", b"shop", Replication::None, None).by_user(&user);
        assert_eq!(request.claim().as_deref(), Some(&user[..63]));
        request.keys = &keys;
        assert_eq!(request.claim().as_deref(), Some(&[b't'; 63][..]));
        assert_eq!(request.role(), [b'r'; 63]);
    }
}

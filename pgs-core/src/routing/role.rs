use super::{Login, Refusal, RouteRequest};
use crate::{TenantId, tenant::is_reserved_role, wire::as_name};
use std::borrow::Cow;

impl<'a> RouteRequest<'a> {
    /// The role that the tenant's server sees, cut at 63 bytes: the user name, or its part before the last dot where the
    /// rest names the tenant. May be empty in that case; such a session is refused.
    pub fn role(&self) -> &'a [u8] {
        match self.role_and_tenant() {
            Some((role, _)) => as_name(role),
            None => self.user,
        }
    }

    /// The database that the tenant's server is asked for, cut at 63 bytes.
    pub fn server_database(&self) -> &'a [u8] {
        match self.role_and_tenant() {
            Some((_, tenant)) if !self.names_database => as_name(tenant),
            _ => self.database,
        }
    }

    /// Which role of which tenant the client asks for, however it does: one value for each pair of them, for tables of
    /// what is known of roles, and for the salt of one that does not exist. The role alone where both have one name.
    pub fn identity(&self) -> Cow<'a, [u8]> {
        let role = self.role();
        match self.claim() {
            Some(tenant) if tenant == role => Cow::Borrowed(role),
            // No name has a NUL in it.
            claim => Cow::Owned([role, b"\0", claim.as_deref().unwrap_or_default()].concat()),
        }
    }

    /// What the server of this tenant has to be told, if it is something else than the client wrote.
    pub fn login(&self, tenant: &TenantId) -> Option<Login> {
        let (role, _) = self.role_and_tenant()?;
        Some(Login::new(role, tenant.as_str()))
    }

    /// Refuses a session of a role that may have none.
    pub(super) fn check_role(&self) -> Result<(), Refusal> {
        let role = self.role();
        if role.is_empty() || is_reserved_role(role) {
            return Err(Refusal::RoleReserved);
        }
        Ok(())
    }

    /// The parts of a user name `role.tenant`, cut at its last dot, since a tenant's name has none.
    pub(super) fn role_and_tenant(&self) -> Option<(&'a [u8], &'a [u8])> {
        let mut parts = self.full_user.rsplitn(2, |byte| *byte == b'.');
        let (tenant, role) = (parts.next()?, parts.next()?);
        self.keys.role_and_tenant.then_some((role, tenant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{Replication, RoutingKeys};

    fn split(user: &'static [u8], database: &'static [u8]) -> RouteRequest<'static> {
        const KEYS: &RoutingKeys = &RoutingKeys {
            user: true,
            role_and_tenant: true,
            host_suffixes: Vec::new(),
            database: true,
            options: false,
        };
        let mut request = RouteRequest::new(user, database, Replication::None, None);
        request.keys = KEYS;
        request
    }

    #[test]
    fn the_server_sees_the_role_and_the_tenants_database_unless_one_is_named() {
        let acme: TenantId = "acme".parse().unwrap();
        for (user, database, role, seen) in [
            (
                &b"app.acme"[..],
                &b"app.acme"[..],
                &b"app"[..],
                &b"acme"[..],
            ),
            (b"app.acme", b"shop", b"app", b"shop"),
            (b"a.b.acme", b"a.b.acme", b"a.b", b"acme"),
        ] {
            let request = split(user, database);
            assert_eq!((request.role(), request.server_database()), (role, seen));
            assert_eq!(request.login(&acme), Some(Login::new(role, "acme")));
        }
        let plain = split(b"acme", b"acme");
        assert_eq!(
            (plain.role(), plain.server_database()),
            (&b"acme"[..], &b"acme"[..])
        );
        assert_eq!(plain.login(&acme), None);
    }

    #[test]
    fn who_is_meant_does_not_depend_on_how_it_is_said() {
        let acme = split(b"acme", b"acme");
        let same = split(b"acme.acme", b"acme.acme");
        assert_eq!(acme.identity(), same.identity());
        assert_eq!(acme.identity(), &b"acme"[..], "the salts of before");
        let identities = [
            split(b"app.acme", b"app.acme").identity(),
            split(b"app.beta", b"app.beta").identity(),
            split(b"app", b"app").identity(),
            split(b"app.acme", b"beta").identity(),
        ];
        for (index, one) in identities.iter().enumerate() {
            assert_eq!(
                identities.iter().position(|other| other == one),
                Some(index)
            );
        }
    }

    #[test]
    fn reserved_and_empty_roles_are_refused() {
        for user in [
            &b"pgs_admin.acme"[..],
            b"postgres.acme",
            b"pg_monitor.acme",
            b"pgs_.acme",
            b".acme",
            b"postgres",
        ] {
            assert_eq!(split(user, user).check_role(), Err(Refusal::RoleReserved));
        }
        for user in [
            &b"app.acme"[..],
            b"Postgres.acme",
            b"postgres2.acme",
            b"x.pg_.acme",
        ] {
            assert_eq!(split(user, user).check_role(), Ok(()));
        }
    }
}

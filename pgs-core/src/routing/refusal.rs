use super::RouteRequest;
use crate::{TenantId, wire::RewriteError};
use std::borrow::Cow;

/// Why a client is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No tenant has this name.
    UnknownTenant,
    /// The tenant's access is disabled.
    AccessDisabled(TenantId),
    /// The tenant is stopped, suspended, on its way there, or failed.
    NotRunning(TenantId),
    /// The tenant's server is starting; it may answer soon.
    Starting(TenantId),
    /// The tenant's server is starting, and as many clients wait for it as may.
    TooManyWaiting(TenantId),
    /// Physical replication reads the whole cluster and is not let through.
    ClusterReplication,
    /// The tenant has as many sessions as it may.
    TenantFull(TenantId),
    /// The proxy has as many sessions as it may.
    ProxyFull,
    /// The proxy is shutting down.
    ShuttingDown,
    /// The tenant's server did not take the connection.
    BackendUnreachable(TenantId),
    /// The catalogue could not be asked.
    CatalogUnavailable,
    /// Two routing keys of the connection name different tenants.
    KeyConflict,
    /// The tenant is there, and the role one that no client may log in as.
    RoleReserved,
    /// The startup packet cannot be rewritten for the tenant's server.
    Rewrite(RewriteError),
    /// The listener does not take connections from this address.
    AddressDenied,
    /// The tenant does not take connections from this address.
    AddressDeniedByTenant(TenantId),
    /// The listener takes no session without TLS.
    TlsRequired,
    /// The listener takes no session without a client certificate.
    ClientCertificateRequired,
    /// Too many logins from this address to this tenant failed lately.
    Banned,
    /// The address has as many sessions as it may.
    AddressFull,
    /// As many logins are unfinished as may be: of the address, at the name that it claims, or of all.
    TooManyLogins,
}

/// What a client is told: one row of the table in [`Refusal::sql_error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqlError {
    /// Five characters (`PostgreSQL` manual, appendix A).
    pub sqlstate: &'static str,
    /// The primary message.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Refusal {
    /// Whether a stranger could learn from it which tenants exist or how they are: such a refusal is told only to peers
    /// that may know; to all others it looks like a wrong password.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        match self {
            Self::UnknownTenant
            | Self::AccessDisabled(_)
            | Self::NotRunning(_)
            | Self::Starting(_)
            | Self::TooManyWaiting(_)
            | Self::TenantFull(_)
            | Self::BackendUnreachable(_)
            | Self::KeyConflict
            | Self::RoleReserved
            | Self::Rewrite(_)
            | Self::AddressDeniedByTenant(_) => true,
            Self::ClusterReplication
            | Self::ProxyFull
            | Self::ShuttingDown
            | Self::CatalogUnavailable
            | Self::AddressDenied
            | Self::TlsRequired
            | Self::ClientCertificateRequired
            | Self::Banned
            | Self::AddressFull
            | Self::TooManyLogins => false,
        }
    }

    /// The one table from refusals to what a client that may know the reason is told.
    ///
    /// Codes that drivers retry (class 53 and 57) are used only where a retry may help.
    #[must_use]
    pub fn sql_error(&self, request: &RouteRequest<'_>) -> SqlError {
        let (sqlstate, message, hint) = match self {
            Self::UnknownTenant => unknown_tenant(request),
            Self::AccessDisabled(id) => (
                "28000",
                format!("access to tenant \"{id}\" is disabled"),
                Some(format!("Enable it with: pgs enable {id}")),
            ),
            Self::NotRunning(id) => (
                "57P03",
                format!("the server of tenant \"{id}\" is not running"),
                Some(format!("Start it with: pgs start --tenant {id}")),
            ),
            Self::Starting(_) => (
                "57P03",
                "the database system is starting up".to_owned(),
                None,
            ),
            Self::TooManyWaiting(id) => (
                "53300",
                format!("too many connections for database \"{id}\""),
                Some("Its server is starting, and many clients wait for it already.".to_owned()),
            ),
            Self::ClusterReplication => (
                "28000",
                "physical replication is not allowed through the proxy".to_owned(),
                Some("Use logical replication, or pg_dump.".to_owned()),
            ),
            Self::TenantFull(id) => (
                "53300",
                format!("too many connections for database \"{id}\""),
                None,
            ),
            Self::ProxyFull | Self::Banned | Self::AddressFull | Self::TooManyLogins => {
                ("53300", "sorry, too many clients already".to_owned(), None)
            }
            Self::ShuttingDown => (
                "57P03",
                "the database system is shutting down".to_owned(),
                None,
            ),
            Self::BackendUnreachable(id) => (
                "57P03",
                format!("the server of tenant \"{id}\" is not accepting connections"),
                Some(format!("See its log with: pgs logs {id}")),
            ),
            Self::CatalogUnavailable => (
                "58000",
                "the catalogue of tenants cannot be read".to_owned(),
                Some("See the log of pgs serve.".to_owned()),
            ),
            Self::KeyConflict => key_conflict(request),
            Self::RoleReserved => (
                "28000",
                format!("role \"{}\" is not let in", request.role().escape_ascii()),
                Some("`postgres` and names that start with pg_ or pgs_ are the server's and pgs's own.".to_owned()),
            ),
            Self::Rewrite(error) => ("54000", error.to_string(), None),
            Self::AddressDenied | Self::AddressDeniedByTenant(_) => {
                ("28000", no_pg_hba_entry(request), None)
            }
            Self::TlsRequired => (
                "28000",
                no_pg_hba_entry(request),
                Some("Connect with TLS, for instance with sslmode=require.".to_owned()),
            ),
            // Source: `src/backend/libpq/auth.c`, `ClientAuthentication`.
            Self::ClientCertificateRequired => (
                "28000",
                "connection requires a valid client certificate".to_owned(),
                None,
            ),
        };
        SqlError {
            sqlstate,
            message,
            hint,
        }
    }
}

type Told = (&'static str, String, Option<String>);

fn unknown_tenant(request: &RouteRequest<'_>) -> Told {
    let Some(claim) = request.claim() else {
        let hint = "This listener may be told the tenant otherwise than by the user name alone; see the guide on routing.";
        return (
            "28000",
            "the connection names no tenant".to_owned(),
            Some(hint.to_owned()),
        );
    };
    let name = String::from_utf8_lossy(&claim);
    // Not for a name that pgs itself would refuse.
    let hint = name
        .parse::<TenantId>()
        .ok()
        .map(|id| format!("Create it with: pgs create {id}"));
    ("28000", format!("no tenant is named \"{name}\""), hint)
}

fn key_conflict(request: &RouteRequest<'_>) -> Told {
    let claims = request.claims().map(|claim| {
        let tenant = String::from_utf8_lossy(&claim.tenant);
        format!("{} \"{tenant}\"", claim.key)
    });
    let claims: Vec<_> = claims.collect();
    (
        "28000",
        format!(
            "the connection names different tenants: {}",
            claims.join(", ")
        ),
        Some("Whatever names a tenant on this listener must name the same one.".to_owned()),
    )
}

/// The words of a server whose `pg_hba.conf` lets nobody in from there.
///
/// Source: `src/backend/libpq/auth.c`, `ClientAuthentication`.
fn no_pg_hba_entry(request: &RouteRequest<'_>) -> String {
    let host = match request.peer {
        Some(address) => Cow::Owned(address.to_string()),
        None => Cow::Borrowed("[local]"),
    };
    let encryption = if request.is_encrypted {
        "SSL encryption"
    } else {
        "no encryption"
    };
    format!(
        "no pg_hba.conf entry for host \"{host}\", user \"{}\", database \"{}\", {encryption}",
        String::from_utf8_lossy(request.role()),
        String::from_utf8_lossy(request.server_database()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{Replication, RoutingKeys};

    #[test]
    fn every_refusal_has_its_row() {
        let id: TenantId = "acme".parse().unwrap();
        let table = [
            (Refusal::UnknownTenant, "28000", true),
            (Refusal::AccessDisabled(id.clone()), "28000", true),
            (Refusal::NotRunning(id.clone()), "57P03", true),
            (Refusal::Starting(id.clone()), "57P03", true),
            (Refusal::TooManyWaiting(id.clone()), "53300", true),
            (Refusal::ClusterReplication, "28000", false),
            (Refusal::TenantFull(id.clone()), "53300", true),
            (Refusal::ProxyFull, "53300", false),
            (Refusal::ShuttingDown, "57P03", false),
            (Refusal::BackendUnreachable(id.clone()), "57P03", true),
            (Refusal::CatalogUnavailable, "58000", false),
            (Refusal::KeyConflict, "28000", true),
            (Refusal::RoleReserved, "28000", true),
            (Refusal::Rewrite(RewriteError::TooLong), "54000", true),
            (Refusal::AddressDenied, "28000", false),
            (Refusal::AddressDeniedByTenant(id), "28000", true),
            (Refusal::TlsRequired, "28000", false),
            (Refusal::Banned, "53300", false),
            (Refusal::AddressFull, "53300", false),
            (Refusal::TooManyLogins, "53300", false),
        ];
        let request = request();
        for (refusal, sqlstate, confidential) in table {
            assert_eq!(
                refusal.sql_error(&request).sqlstate,
                sqlstate,
                "{refusal:?}"
            );
            assert_eq!(refusal.is_confidential(), confidential, "{refusal:?}");
        }
    }

    #[test]
    fn an_address_that_is_not_let_in_reads_postgresqls_words() {
        let told = Refusal::AddressDenied.sql_error(&request());
        assert_eq!(
            told.message,
            "no pg_hba.conf entry for host \"10.0.0.1\", user \"acme\", database \"shop\", no encryption"
        );
        let told = Refusal::AddressDenied.sql_error(&request().over_tls(None));
        assert!(told.message.ends_with(", SSL encryption"));
    }

    #[test]
    fn who_may_know_is_told_what_names_which_tenant() {
        let keys = RoutingKeys {
            role_and_tenant: true,
            database: true,
            ..RoutingKeys::NONE
        };
        let mut request = request().by_user(b"app.acme");
        request.keys = &keys;
        let told = Refusal::KeyConflict.sql_error(&request);
        assert_eq!(
            told.message,
            "the connection names different tenants: user name \"acme\", database \"shop\""
        );
        let told = Refusal::AddressDenied.sql_error(&request);
        assert!(told.message.contains("user \"app\", database \"shop\""));
    }

    #[test]
    fn the_tenant_that_is_not_there_is_named_and_not_the_user() {
        let keys = RoutingKeys {
            role_and_tenant: true,
            ..RoutingKeys::NONE
        };
        let mut request = request().by_user(b"app.nobody");
        request.keys = &keys;
        let told = Refusal::UnknownTenant.sql_error(&request);
        assert_eq!(told.message, "no tenant is named \"nobody\"");
        assert_eq!(told.hint.unwrap(), "Create it with: pgs create nobody");
        let told = Refusal::UnknownTenant.sql_error(&request.by_user(b"app"));
        assert_eq!(told.message, "the connection names no tenant");
    }

    fn request() -> RouteRequest<'static> {
        let peer = Some("10.0.0.1".parse().unwrap());
        RouteRequest::new(b"acme", b"shop", Replication::None, peer)
    }
}

use crate::TenantId;

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
            | Self::TenantFull(_)
            | Self::BackendUnreachable(_) => true,
            Self::ClusterReplication
            | Self::ProxyFull
            | Self::ShuttingDown
            | Self::CatalogUnavailable => false,
        }
    }

    /// The one table from refusals to what a client that may know the reason is told.
    ///
    /// `user` is the name the client gave. Codes that drivers retry (class 53 and 57) are used only where a retry may help.
    #[must_use]
    pub fn sql_error(&self, user: &str) -> SqlError {
        let (sqlstate, message, hint) = match self {
            Self::UnknownTenant => (
                "28000",
                format!("no tenant is named \"{user}\""),
                // Not for a name that pgs itself would refuse.
                user.parse::<TenantId>()
                    .ok()
                    .map(|id| format!("Create it with: pgs create {id}")),
            ),
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
            Self::ProxyFull => ("53300", "sorry, too many clients already".to_owned(), None),
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
        };
        SqlError {
            sqlstate,
            message,
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_row() {
        let id: TenantId = "acme".parse().unwrap();
        let table = [
            (Refusal::UnknownTenant, "28000", true),
            (Refusal::AccessDisabled(id.clone()), "28000", true),
            (Refusal::NotRunning(id.clone()), "57P03", true),
            (Refusal::Starting(id.clone()), "57P03", true),
            (Refusal::ClusterReplication, "28000", false),
            (Refusal::TenantFull(id.clone()), "53300", true),
            (Refusal::ProxyFull, "53300", false),
            (Refusal::ShuttingDown, "57P03", false),
            (Refusal::BackendUnreachable(id), "57P03", true),
            (Refusal::CatalogUnavailable, "58000", false),
        ];
        for (refusal, sqlstate, confidential) in table {
            assert_eq!(refusal.sql_error("acme").sqlstate, sqlstate, "{refusal:?}");
            assert_eq!(refusal.is_confidential(), confidential, "{refusal:?}");
        }
    }
}

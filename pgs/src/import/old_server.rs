use super::PlannedTenant;
use pgs_core::{Error, ErrorKind, Password, Result};
use std::{net::SocketAddr, str::FromStr, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// Where an old server is, and how it lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OldServer {
    /// A name or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Default: the superuser of the Compose file.
    pub user: Option<String>,
    /// Default: the database of the Compose file.
    pub database: Option<String>,
    /// Default: the password of the Compose file.
    pub password: Option<Password>,
}

/// Such as `postgresql://acme@127.0.0.1:15432/acme`.
impl FromStr for OldServer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("the old server's URL {what}"),
            )
            .with_remedy("write it as postgresql://user@host:port/database")
        };
        let config: tokio_postgres::Config =
            text.parse().map_err(|_| wrong("is not understood"))?;
        let [tokio_postgres::config::Host::Tcp(host)] = config.get_hosts() else {
            return Err(wrong("does not name one host"));
        };
        let password = config.get_password().map(String::from_utf8_lossy);
        Ok(Self {
            host: host.clone(),
            port: config.get_ports().first().copied().unwrap_or(5432),
            user: config.get_user().map(str::to_owned),
            database: config.get_dbname().map(str::to_owned),
            password: password.map(|password| password.parse()).transpose()?,
        })
    }
}

impl OldServer {
    pub(super) fn at(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
            user: None,
            database: None,
            password: None,
        }
    }

    /// Whether something listens there.
    pub(super) async fn must_answer(&self, tenant: &PlannedTenant) -> Result<()> {
        let connected = TcpStream::connect((self.host.as_str(), self.port));
        let cause = match timeout(CONNECTING_TAKES, connected).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => std::io::ErrorKind::TimedOut.into(),
        };
        let Self { host, port, .. } = self;
        let message = format!(
            "the old server of `{}` cannot be reached at {host}:{port}",
            tenant.id
        );
        Err(out_of_reach(message, tenant).with_source(cause))
    }

    pub(super) fn user<'a>(&'a self, tenant: &'a PlannedTenant) -> &'a str {
        self.user.as_deref().unwrap_or(&tenant.user)
    }

    pub(super) fn database<'a>(&'a self, tenant: &'a PlannedTenant) -> &'a str {
        self.database.as_deref().unwrap_or(&tenant.database)
    }

    pub(super) fn password<'a>(&'a self, tenant: &'a PlannedTenant) -> Option<&'a Password> {
        self.password.as_ref().or(tenant.password.as_ref())
    }
}

/// The error for a tenant whose data cannot be had.
pub(super) fn out_of_reach(message: String, tenant: &PlannedTenant) -> Error {
    let PlannedTenant {
        id,
        user,
        containers,
        ..
    } = tenant;
    Error::new(ErrorKind::NotFound, message).with_remedy(format!(
        "start {}, or say where the server is with --from {id}=postgresql://{user}@host:port/database, or import without data: --without-data",
        named(containers)
    ))
}

/// Such as "the container `a` or `b`".
pub(super) fn named(containers: &[String]) -> String {
    format!("the container `{}`", containers.join("` or `"))
}

const CONNECTING_TAKES: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_the_compose_file_does_not() {
        let server: OldServer = "postgresql://root:pw@db.example:15432/shop"
            .parse()
            .unwrap();
        assert_eq!((server.host.as_str(), server.port), ("db.example", 15432));
        assert_eq!(server.user.as_deref(), Some("root"));
        assert_eq!(server.database.as_deref(), Some("shop"));
        assert_eq!(server.password.unwrap().reveal(), "pw");
        let server: OldServer = "postgresql://10.0.0.7".parse().unwrap();
        assert_eq!((server.port, server.user), (5432, None));
    }

    #[test]
    fn a_url_that_is_none_is_refused_without_being_repeated() {
        for text in [
            "hunter2",
            "postgresql://a:hunter2@",
            "postgresql://a:hunter2@x:y/",
        ] {
            let error = text.parse::<OldServer>().unwrap_err();
            assert!(!error.chain().contains("hunter2") && error.remedy().is_some());
        }
    }
}

use pgs::{
    Config, Created, Ephemeral, Proxy, ProxyConfig, ServeSection, TenantId, TenantSpec,
    connection_url_with_password,
};
use std::{future::Future, ops::Deref};
use tokio_postgres::{Client, NoTls};

/// A throw-away manager with a proxy in front of it.
pub(crate) struct House {
    pub(crate) pgs: Ephemeral,
    pub(crate) proxy: Proxy,
}

impl House {
    /// One in which this is done, in time. Nothing is left of it.
    pub(crate) async fn in_one<F: Future<Output = ()>>(work: impl FnOnce(Self) -> F) {
        Self::in_one_with(|_| {}, work).await;
    }

    /// The same with a proxy that has limits of its own.
    pub(crate) async fn in_one_with<F: Future<Output = ()>>(
        adapt: impl FnOnce(&mut ProxyConfig),
        work: impl FnOnce(Self) -> F,
    ) {
        let mut limits = ServeSection::default().proxy_config();
        adapt(&mut limits);
        let lived = async {
            let pgs = pgs::ephemeral_with(config()).await.unwrap();
            let builder = Proxy::builder(&pgs).limits(limits).listen("127.0.0.1:0");
            let proxy = builder.start().await.unwrap();
            work(Self { pgs, proxy }).await;
        };
        testkit::within("a scenario", Box::pin(lived)).await;
    }

    /// A tenant that lets clients in.
    pub(crate) async fn tenant(&self, name: &str) -> Created {
        let created = self.pgs.create(id(name), TenantSpec::default()).await;
        let created = created.unwrap();
        self.pgs.enable(&created.id).await.unwrap();
        created
    }

    /// The connection URI of a tenant, with its password.
    pub(crate) fn url(&self, created: &Created) -> String {
        connection_url_with_password(&created.id, self.proxy.address(), &created.password)
    }

    pub(crate) async fn connect(&self, created: &Created) -> Session {
        Session::at(&self.url(created)).await.unwrap()
    }

    /// Why a client is not let in.
    pub(crate) async fn refusal(&self, created: &Created) -> String {
        let refused = Session::at(&self.url(created)).await;
        sqlstate(&refused.err().unwrap())
    }
}

/// An ephemeral manager finds `PostgreSQL` where the tests do.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    if let Ok(bindir) = testkit::postgresql::find(18) {
        config.local.bindir.insert("18".to_owned(), bindir);
    }
    config
}

pub(crate) fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// A client's session.
pub(crate) struct Session(Client);

impl Session {
    pub(crate) async fn at(url: &str) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(Self(client))
    }

    /// The only value of the only row.
    pub(crate) async fn value(&self, query: &str) -> String {
        self.0.query_one(query, &[]).await.unwrap().get(0)
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

pub(crate) fn sqlstate(error: &tokio_postgres::Error) -> String {
    error.code().unwrap().code().to_owned()
}

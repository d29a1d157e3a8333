use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use pgs::{Pgs, TenantId};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use tokio::sync::{Mutex, OnceCell};
use tokio_postgres::NoTls;

/// A few connections for each customer that has been here, through the proxy.
pub(crate) struct Pools {
    pgs: Pgs,
    proxy: SocketAddr,
    open: Mutex<HashMap<TenantId, Arc<OnceCell<Pool>>>>,
}

impl Pools {
    pub(crate) fn new(pgs: Pgs, proxy: SocketAddr) -> Self {
        Self {
            pgs,
            proxy,
            open: Mutex::default(),
        }
    }

    pub(crate) fn pgs(&self) -> &Pgs {
        &self.pgs
    }

    /// The customer's pool, made at the first call; an error for one that never signed up.
    pub(crate) async fn of(&self, customer: &TenantId) -> pgs::Result<Pool> {
        // A name that nobody has must not fill the map.
        self.pgs.get(customer).await?;
        let place = Arc::clone(self.open.lock().await.entry(customer.clone()).or_default());
        // Who comes for the same customer meanwhile waits for this one pool, who comes for another does not.
        place.get_or_try_init(|| self.make(customer)).await.cloned()
    }

    /// The password is this process's own: it is set anew, and nobody has to keep it. Where several processes serve, keep it
    /// where they keep their secrets instead.
    async fn make(&self, customer: &TenantId) -> pgs::Result<Pool> {
        let password = self.pgs.set_password(customer, None).await?;
        let mut login = tokio_postgres::Config::new();
        login
            .host(self.proxy.ip().to_string())
            .port(self.proxy.port())
            .user(customer.as_str())
            .password(password.reveal());
        let checked = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(login, NoTls, checked);
        Pool::builder(manager)
            .max_size(CONNECTIONS_OF_ONE)
            .build()
            .map_err(|error| pgs::Error::internal("a pool cannot be made").with_source(error))
    }

    /// Ends every connection.
    pub(crate) async fn close(&self) {
        for (_, place) in self.open.lock().await.drain() {
            if let Some(pool) = place.get() {
                pool.close();
            }
        }
    }
}

/// Of one customer, so that none of them takes more than its share of the service.
const CONNECTIONS_OF_ONE: usize = 4;

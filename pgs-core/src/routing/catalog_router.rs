use super::{Refusal, Replication, Route, RouteRequest, Router};
use crate::{
    Access, Lifecycle, Result, TenantRecord, TenantUid,
    catalog::{Catalog, Change, Version},
};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Routes by the keys of the listener: to the tenant that they name, if its access is enabled and its server runs.
///
/// Keeps the tenants in memory and asks the catalogue's [`version`](Catalog::version) at every connection, so that a
/// change acts on the very next one; what changed is then read and folded in, the rest is not read again.
#[derive(Debug)]
pub struct CatalogRouter {
    catalog: Arc<dyn Catalog>,
    tenants: RwLock<Tenants>,
    refresh: tokio::sync::Mutex<u64>,
}

#[derive(Debug, Default)]
struct Tenants {
    version: Option<Version>,
    by_name: HashMap<Box<[u8]>, Arc<TenantRecord>>,
    by_uid: HashMap<TenantUid, Arc<TenantRecord>>,
}

impl CatalogRouter {
    /// A router over this catalogue. Reads it at the first connection.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self {
            catalog,
            tenants: RwLock::default(),
            refresh: tokio::sync::Mutex::new(0),
        }
    }

    async fn refresh(&self) -> Result<()> {
        if self.is_current(self.catalog.version()?) {
            return Ok(());
        }
        let mut seq = self.refresh.lock().await;
        // Read before the changes, so that what is committed in between makes the next look read again.
        let version = self.catalog.version()?;
        if self.is_current(version) {
            return Ok(());
        }
        let news = self.catalog.changes(*seq).await?;
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        for change in news.changes {
            tenants.fold_in(change);
        }
        tenants.version = Some(version);
        *seq = news.upto;
        Ok(())
    }

    fn is_current(&self, version: Version) -> bool {
        self.tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .version
            == Some(version)
    }

    fn named(&self, name: &[u8]) -> Option<Arc<TenantRecord>> {
        self.tenants
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_name
            .get(name)
            .cloned()
    }
}

impl Tenants {
    fn fold_in(&mut self, change: Change) {
        match change {
            Change::Gone(uid) => self.forget(uid),
            Change::Put(record) => {
                self.forget(record.uid);
                let record: Arc<TenantRecord> = Arc::from(record);
                if record.holds_name() {
                    self.by_name
                        .insert(record.id.as_str().as_bytes().into(), Arc::clone(&record));
                }
                self.by_uid.insert(record.uid, record);
            }
        }
    }

    fn forget(&mut self, uid: TenantUid) {
        let Some(record) = self.by_uid.remove(&uid) else {
            return;
        };
        let name = record.id.as_str().as_bytes();
        // The name may have gone to a newer tenant meanwhile.
        if self
            .by_name
            .get(name)
            .is_some_and(|holder| holder.uid == uid)
        {
            self.by_name.remove(name);
        }
    }
}

#[async_trait]
impl Router for CatalogRouter {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        if let Err(error) = self.refresh().await {
            tracing::error!(error = %error.chain(), "the catalogue cannot be read");
            return Err(Refusal::CatalogUnavailable);
        }
        // Before the look-up, so that the answer tells nothing about the tenant.
        if request.replication == Replication::Cluster {
            return Err(Refusal::ClusterReplication);
        }
        let tenant = request.tenant()?;
        let record = self.named(&tenant).ok_or(Refusal::UnknownTenant)?;
        request.check_role()?;
        way_to(&record, request)
    }

    async fn admits(&self, uid: TenantUid) -> bool {
        if let Err(error) = self.refresh().await {
            // Live sessions outlast a catalogue that cannot be read for a moment.
            tracing::error!(error = %error.chain(), "the catalogue cannot be read");
            return true;
        }
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants
            .by_uid
            .get(&uid)
            .is_some_and(|record| record.access == Access::Enabled && record.holds_name())
    }
}

fn way_to(record: &TenantRecord, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
    let id = || record.id.clone();
    if record.access == Access::Disabled {
        return Err(Refusal::AccessDisabled(id()));
    }
    if !record.networks.permit(request.peer) {
        return Err(Refusal::AddressDeniedByTenant(id()));
    }
    match (&record.lifecycle, &record.endpoint) {
        (Lifecycle::Running, Some(endpoint)) => Ok(Route {
            max_sessions: record.spec.limits.max_connections,
            login: request.login(&record.id),
            ..Route::new(record.uid, id(), endpoint.clone())
        }),
        (Lifecycle::Starting, _) => Err(Refusal::Starting(id())),
        _ => Err(Refusal::NotRunning(id())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Endpoint, ErrorKind, PgMajor, TenantId, Timestamp,
        catalog::{EventKind, MemoryCatalog},
        routing::{Login, RoutingKeys},
    };

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    async fn running(catalog: &MemoryCatalog, name: &str) -> TenantRecord {
        let id: TenantId = name.parse().unwrap();
        let mut record = TenantRecord::creating(
            id,
            TenantUid::new(NOW),
            "memory",
            PgMajor::NEWEST,
            crate::InstanceSpec::default(),
            NOW,
        );
        record.lifecycle = Lifecycle::Running;
        record.endpoint = Some(Endpoint::Unix(format!("/{name}").into()));
        record.access = Access::Enabled;
        catalog
            .insert(&record, EventKind::Created, NOW)
            .await
            .unwrap()
    }

    async fn update(catalog: &MemoryCatalog, record: &TenantRecord) -> TenantRecord {
        catalog
            .update(record, EventKind::Stopped, None, NOW)
            .await
            .unwrap()
    }

    async fn ask(router: &CatalogRouter, user: &[u8]) -> Result<Route, Refusal> {
        router
            .route(&RouteRequest::new(user, user, Replication::None, None))
            .await
    }

    #[tokio::test]
    async fn each_name_leads_to_its_own_server() {
        let catalog = Arc::new(MemoryCatalog::new());
        let (a, b) = (running(&catalog, "a").await, running(&catalog, "b").await);
        let router = CatalogRouter::new(catalog);
        assert_eq!(ask(&router, b"a").await.unwrap().uid, a.uid);
        assert_eq!(
            ask(&router, b"b").await.unwrap().endpoint,
            b.endpoint.unwrap()
        );
        assert_eq!(ask(&router, b"c").await, Err(Refusal::UnknownTenant));
        assert_eq!(ask(&router, b"\xff").await, Err(Refusal::UnknownTenant));
    }

    #[tokio::test]
    async fn a_change_acts_on_the_next_connection() {
        let catalog = Arc::new(MemoryCatalog::new());
        let mut a = running(&catalog, "a").await;
        let router = CatalogRouter::new(Arc::clone(&catalog) as _);
        assert!(ask(&router, b"a").await.is_ok() && router.admits(a.uid).await);

        a.access = Access::Disabled;
        a = update(&catalog, &a).await;
        assert_eq!(
            ask(&router, b"a").await,
            Err(Refusal::AccessDisabled(a.id.clone()))
        );
        assert!(!router.admits(a.uid).await);

        (a.access, a.lifecycle) = (Access::Enabled, Lifecycle::Starting);
        a = update(&catalog, &a).await;
        assert_eq!(
            ask(&router, b"a").await,
            Err(Refusal::Starting(a.id.clone()))
        );

        catalog
            .delete(&a, EventKind::Purged, None, NOW)
            .await
            .unwrap();
        assert_eq!(ask(&router, b"a").await, Err(Refusal::UnknownTenant));
    }

    #[tokio::test]
    async fn a_name_freed_by_the_trash_leads_to_its_new_holder() {
        let catalog = Arc::new(MemoryCatalog::new());
        let mut old = running(&catalog, "a").await;
        let router = CatalogRouter::new(Arc::clone(&catalog) as _);
        (old.lifecycle, old.desired) = (Lifecycle::Trashed, crate::Desired::Trashed);
        old = update(&catalog, &old).await;
        let new = running(&catalog, "a").await;
        assert_eq!(ask(&router, b"a").await.unwrap().uid, new.uid);
        old.access = Access::Disabled;
        update(&catalog, &old).await;
        assert_eq!(ask(&router, b"a").await.unwrap().uid, new.uid);
        let again = TenantRecord {
            desired: crate::Desired::Running,
            ..catalog.get_by_uid(old.uid).await.unwrap().unwrap()
        };
        let error = catalog
            .update(&again, EventKind::Restoring, None, NOW)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn each_listener_has_its_keys() {
        let catalog = Arc::new(MemoryCatalog::new());
        let acme = running(&catalog, "acme").await;
        let router = CatalogRouter::new(catalog);
        let keys = RoutingKeys {
            role_and_tenant: true,
            host_suffixes: vec!["db.example.com".to_owned()],
            ..RoutingKeys::NONE
        };
        let ask = async |user: &'static [u8], host| {
            let mut request = RouteRequest::new(user, user, Replication::None, None).over_tls(host);
            request.keys = &keys;
            router.route(&request).await
        };
        let route = ask(b"app", Some("acme.db.example.com")).await.unwrap();
        assert_eq!((route.uid, route.login), (acme.uid, None));
        for host in [None, Some("acme.db.example.com"), Some("db.example.com")] {
            let route = ask(b"app.acme", host).await.unwrap();
            assert_eq!(route.login, Some(Login::new("app", "acme")));
        }
        for (user, host, refusal) in [
            (&b"app"[..], None, Refusal::UnknownTenant),
            (
                b"app",
                Some("nobody.db.example.com"),
                Refusal::UnknownTenant,
            ),
            (
                b"app",
                Some("x.acme.db.example.com"),
                Refusal::UnknownTenant,
            ),
            (
                b"app.acme",
                Some("beta.db.example.com"),
                Refusal::KeyConflict,
            ),
            (b"app.nobody", None, Refusal::UnknownTenant),
            (b"pgs_admin.nobody", None, Refusal::UnknownTenant),
            (b"pgs_admin.acme", None, Refusal::RoleReserved),
            (
                b"pgs_admin",
                Some("acme.db.example.com"),
                Refusal::RoleReserved,
            ),
            (b".acme", None, Refusal::RoleReserved),
            (b"app.", None, Refusal::UnknownTenant),
        ] {
            assert_eq!(ask(user, host).await, Err(refusal), "{user:?} {host:?}");
        }
    }

    #[tokio::test]
    async fn a_tenant_is_reached_from_its_networks_only() {
        let catalog = Arc::new(MemoryCatalog::new());
        let mut acme = running(&catalog, "acme").await;
        let router = CatalogRouter::new(Arc::clone(&catalog) as _);
        acme.networks.allow.push("10.0.0.0/8".parse().unwrap());
        acme = update(&catalog, &acme).await;
        let from = async |peer: Option<&str>| {
            let peer = peer.map(|peer| peer.parse().unwrap());
            let request = RouteRequest::new(b"acme", b"acme", Replication::None, peer);
            router.route(&request).await.map(drop)
        };
        let denied = || Err(Refusal::AddressDeniedByTenant(acme.id.clone()));
        assert_eq!(from(Some("10.0.0.1")).await, Ok(()));
        assert_eq!(from(Some("127.0.0.1")).await, denied());
        assert_eq!(from(None).await, Ok(()), "a Unix socket");
        let mut shut = acme.clone();
        shut.networks.deny.push("10.0.0.1".parse().unwrap());
        update(&catalog, &shut).await;
        assert_eq!(
            from(Some("10.0.0.1")).await,
            denied(),
            "on the next connection"
        );
    }

    #[tokio::test]
    async fn physical_replication_is_refused() {
        let catalog = Arc::new(MemoryCatalog::new());
        running(&catalog, "a").await;
        let router = CatalogRouter::new(catalog);
        let request = RouteRequest::new(b"a", b"a", Replication::Cluster, None);
        assert_eq!(
            router.route(&request).await,
            Err(Refusal::ClusterReplication)
        );
    }
}

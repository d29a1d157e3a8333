use super::{Share, Tally};
use pgs_core::{TenantId, routing::Refusal};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where clients wait for a tenant that is starting: a storm on one of them must not take every session of the proxy.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    tenants: Arc<Tally<TenantId>>,
    per_tenant: u32,
    seats: Arc<Semaphore>,
}

/// A client's place there; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Seat {
    _of_tenant: Share<TenantId>,
    _of_all: OwnedSemaphorePermit,
}

impl WaitingRoom {
    pub(crate) fn new(all: usize, per_tenant: u32) -> Self {
        Self {
            tenants: Arc::default(),
            per_tenant,
            seats: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// A place for one more client of this tenant.
    pub(crate) fn seat(&self, tenant: &TenantId) -> Result<Seat, Refusal> {
        let of_tenant = self.tenants.take(tenant.clone(), Some(self.per_tenant));
        let of_all = Arc::clone(&self.seats).try_acquire_owned();
        match (of_tenant, of_all) {
            (Some(of_tenant), Ok(of_all)) => Ok(Seat {
                _of_tenant: of_tenant,
                _of_all: of_all,
            }),
            _ => Err(Refusal::TooManyWaiting(tenant.clone())),
        }
    }

    /// For how many somebody waits.
    pub(crate) fn tenants(&self) -> usize {
        self.tenants.len()
    }
}

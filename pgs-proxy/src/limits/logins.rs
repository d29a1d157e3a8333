use super::{
    LoginLimits, Share, Tally,
    turns::{Lines, Standing},
};
use crate::{PeerAddress, address_block::AddressBlock};
use pgs_core::routing::{Refusal, Replication, RouteRequest};
use std::{borrow::Cow, sync::Arc};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The logins that are not finished, by what their clients claim.
///
/// A server has a process for each, long before it knows who it is, so strangers could take all that it may have.
#[derive(Debug)]
pub(crate) struct Logins {
    limits: LoginLimits,
    all: Arc<Semaphore>,
    by_address: Arc<Tally<AddressBlock>>,
    at_address: Arc<Lines<(Claimed, AddressBlock)>>,
    at_tenant: Arc<Lines<Claimed>>,
}

/// The tenant as the client names it, whether there is one or not, and what the session is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Claimed {
    tenant: Arc<[u8]>,
    replicates: bool,
}

/// One login that was counted; dropping it counts it off.
#[derive(Debug)]
pub(crate) struct Unfinished {
    end: CancellationToken,
    _at_tenant: Standing<Claimed>,
    _at_address: Option<Standing<(Claimed, AddressBlock)>>,
    _of_address: Option<Share<AddressBlock>>,
    _of_all: OwnedSemaphorePermit,
}

impl Logins {
    pub(crate) fn new(limits: LoginLimits, max_sessions: usize) -> Self {
        let all = limits.all.unwrap_or(max_sessions / 4);
        Self {
            limits,
            all: Arc::new(Semaphore::new(all.clamp(1, Semaphore::MAX_PERMITS))),
            by_address: Arc::default(),
            at_address: Arc::default(),
            at_tenant: Arc::default(),
        }
    }

    /// Begins a login as soon as it is its turn. Tells nothing about the tenant, since nothing was asked about it.
    pub(crate) async fn begin(
        &self,
        peer: PeerAddress,
        request: &RouteRequest<'_>,
    ) -> Result<Unfinished, Refusal> {
        let all = Arc::clone(&self.all).try_acquire_owned();
        let of_all = all.map_err(|_| Refusal::TooManyLogins)?;
        let address = peer.ip().filter(|_| !peer.is_local());
        let address = address.map(AddressBlock::from);
        let of_address = match address {
            Some(address) => Some(self.of_address(address)?),
            None => None,
        };
        let end = CancellationToken::new();
        let turn = self.turn(Claimed::by(request), address, &end);
        let turn = timeout(self.limits.wait, turn).await;
        let (at_tenant, at_address) = turn.map_err(|_| Refusal::TooManyLogins)?;
        Ok(Unfinished {
            end,
            _at_tenant: at_tenant,
            _at_address: at_address,
            _of_address: of_address,
            _of_all: of_all,
        })
    }

    /// How many are not finished, those that wait for their turn included.
    pub(crate) fn len(&self) -> usize {
        self.at_tenant.standing()
    }

    /// How many addresses have any, and how many of them stand in a line of their own at a tenant.
    pub(crate) fn addresses(&self) -> usize {
        self.by_address.len() + self.at_address.standing()
    }

    fn of_address(&self, address: AddressBlock) -> Result<Share<AddressBlock>, Refusal> {
        let limit = self.limits.per_address.max(1);
        let share = self.by_address.take(address, Some(limit));
        share.ok_or(Refusal::TooManyLogins)
    }

    /// First among those of the same address, so that no address has many in the line where all of a tenant's stand.
    async fn turn(
        &self,
        claimed: Claimed,
        address: Option<AddressBlock>,
        end: &CancellationToken,
    ) -> (Standing<Claimed>, Option<Standing<(Claimed, AddressBlock)>>) {
        let (of_tenant, of_both) = self.at_one_time(&claimed);
        let mut at_address = None;
        if let Some(address) = address {
            let key = (claimed.clone(), address);
            let standing = at_address.insert(self.at_address.stand(key, of_both));
            // Whoever came from the same address has the same rights.
            standing.turn(None, end).await;
        }
        let mut at_tenant = self.at_tenant.stand(claimed, of_tenant);
        at_tenant.turn(address, end).await;
        (at_tenant, at_address)
    }

    /// Of the tenant, and of an address at the tenant.
    fn at_one_time(&self, claimed: &Claimed) -> (usize, usize) {
        let limits = &self.limits;
        if claimed.replicates {
            let all = limits.per_tenant_for_replication;
            (all, limits.per_tenant_and_address.min(all.div_ceil(2)))
        } else {
            (limits.per_tenant, limits.per_tenant_and_address)
        }
    }
}

impl Claimed {
    fn by(request: &RouteRequest<'_>) -> Self {
        // Keys that disagree name nobody, so what is left is who the client says it is.
        let tenant = request.claim().unwrap_or(Cow::Borrowed(request.user));
        Self {
            tenant: tenant.as_ref().into(),
            replicates: request.replication != Replication::None,
        }
    }
}

impl Unfinished {
    /// Cancelled when it has to make room for somebody else.
    pub(crate) fn end(&self) -> &CancellationToken {
        &self.end
    }
}

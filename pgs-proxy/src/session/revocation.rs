use crate::{relay::End, shared::Shared};
use pgs_core::TenantUid;
use std::{collections::HashSet, convert::Infallible, sync::Arc};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

/// Ends the sessions of tenants that the router no longer admits.
pub(crate) async fn revoke_forever(shared: Arc<Shared>) -> Infallible {
    let mut ticks = interval(shared.config.revocation_tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut graces = JoinSet::new();
    let mut condemned = HashSet::new();
    loop {
        ticks.tick().await;
        while let Some(Ok(uid)) = graces.try_join_next() {
            condemned.remove(&uid);
        }
        for uid in shared.sessions.tenants() {
            if !condemned.contains(&uid) && !shared.router.admits(uid).await {
                condemned.insert(uid);
                graces.spawn(revoke(Arc::clone(&shared), uid));
            }
        }
    }
}

/// The tenant's server is asked by others to end its sessions with a word; this is for what is left of them.
async fn revoke(shared: Arc<Shared>, uid: TenantUid) -> TenantUid {
    let sessions = shared.sessions.of(uid);
    sleep(shared.config.revocation_grace).await;
    sessions.cut(End::Revoked);
    uid
}

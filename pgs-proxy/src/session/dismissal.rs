use crate::{relay::End, shared::Shared};
use pgs_core::{TenantUid, provision::ServerSession};
use std::sync::Arc;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::task::TaskTracker;

/// Ends what is left of a listener's sessions: through their servers, and those that no server ends by closing their
/// sockets. Answers how many those were.
pub(crate) async fn dismiss(shared: &Arc<Shared>, crew: u64, sessions: &TaskTracker) -> usize {
    // One that its server has not let in yet is unknown there.
    let logging_in = shared.sessions.unannounced(crew);
    logging_in.cut(End::Shutdown);
    let ended = async {
        if ask_servers(shared, crew).await {
            sessions.wait().await;
        }
    };
    let _ = timeout(shared.config.end_grace, ended).await;
    let left = shared.sessions.of_crew(crew).beside(&logging_in);
    left.cut(End::Shutdown);
    logging_in.len() + left.len()
}

/// Whether any server was asked to end sessions.
async fn ask_servers(shared: &Arc<Shared>, crew: u64) -> bool {
    let (mut asked, mut asking) = (false, JoinSet::new());
    for (tenant, sessions) in shared.sessions.announced(crew) {
        if asking.len() >= AT_ONCE {
            asked |= asking
                .join_next()
                .await
                .is_some_and(|done| done.unwrap_or(false));
        }
        asking.spawn(ask(Arc::clone(shared), tenant, sessions));
    }
    while let Some(done) = asking.join_next().await {
        asked |= done.unwrap_or(false);
    }
    asked
}

async fn ask(shared: Arc<Shared>, tenant: TenantUid, sessions: Vec<ServerSession>) -> bool {
    let Some(ender) = &shared.helpers.session_ender else {
        return false;
    };
    let outcome = ender.end(tenant, &sessions).await;
    if let Err(error) = &outcome {
        tracing::warn!(%tenant, error = %error.chain(), "the server could not be asked to end sessions; they are cut");
    }
    outcome.is_ok()
}

/// Each is a login of the manager's.
const AT_ONCE: usize = 16;

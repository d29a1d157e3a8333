use crate::Fault;
use pgs::{Pgs, Supervisor, manager::RestartPolicy};
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Servers that die are started again, until this is closed or its manager is. Clones are the same.
#[derive(Clone, Debug)]
pub struct Supervision {
    stop: CancellationToken,
    ended: watch::Receiver<Option<Result<(), Fault>>>,
}

impl Supervision {
    pub(crate) fn start(
        pgs: Pgs,
        policy: RestartPolicy,
        end: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (stop, ended) = (end.child_token(), watch::Sender::new(None));
        let supervision = Self {
            stop: stop.clone(),
            ended: ended.subscribe(),
        };
        tasks.spawn(async move {
            let outcome = Supervisor::new(pgs, policy).run(stop.cancelled()).await;
            ended.send_replace(Some(outcome.map_err(Fault::from)));
        });
        supervision
    }

    /// Ends it; servers go on.
    pub async fn close(&self) -> Result<(), Fault> {
        self.stop.cancel();
        let mut ended = self.ended.clone();
        let outcome = ended.wait_for(Option::is_some).await;
        // Without an outcome the runtime itself has ended.
        outcome.ok().and_then(|one| one.clone()).unwrap_or(Ok(()))
    }
}

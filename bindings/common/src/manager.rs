use crate::{Fault, OpenOptions, ServeOptions, Server, Supervision, Watch};
use pgs::{Ephemeral, Error, ErrorKind, Pgs};
use std::sync::{Arc, Weak};
use tokio::sync::RwLock;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// An open state directory that can be closed, which Rust does by dropping. Clones are the same.
///
/// What is made of it, proxies, supervisions and watches, ends when it is closed.
#[derive(Clone, Debug)]
pub struct Manager {
    opened: Arc<RwLock<Option<Opened>>>,
    options: Arc<OpenOptions>,
    end: CancellationToken,
    /// Its proxies and supervisions, which still write to the state directory while they end.
    tasks: TaskTracker,
}

#[derive(Debug)]
enum Opened {
    Lasting(Pgs),
    Ephemeral(Box<Ephemeral>),
}

impl Opened {
    fn pgs(&self) -> &Pgs {
        match self {
            Self::Lasting(pgs) => pgs,
            Self::Ephemeral(ephemeral) => ephemeral,
        }
    }
}

impl Manager {
    /// Opens a state directory; see [`Pgs::open`].
    pub async fn open(options: OpenOptions) -> Result<Self, Fault> {
        let pgs = Pgs::open(&options.config).await?;
        Ok(Self::new(Opened::Lasting(pgs), options))
    }

    /// Opens a throw-away manager; see [`pgs::ephemeral_with`].
    ///
    /// `InvalidInput` where a state directory is named, but for one in a file that serves other purposes as well: it would not
    /// be used.
    pub async fn ephemeral(options: OpenOptions) -> Result<Self, Fault> {
        if let Some(directory) = &options.named_state_dir {
            let message = format!(
                "a throw-away manager makes a directory of its own and does not use `{directory}`"
            );
            let refused = Error::new(ErrorKind::InvalidInput, message);
            return Err(refused
                .with_remedy("name no state directory, or use open")
                .into());
        }
        let ephemeral = pgs::ephemeral_with(options.config.clone()).await?;
        Ok(Self::new(Opened::Ephemeral(Box::new(ephemeral)), options))
    }

    fn new(opened: Opened, options: OpenOptions) -> Self {
        Self {
            opened: Arc::new(RwLock::new(Some(opened))),
            options: Arc::new(options),
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// What it was opened with.
    #[must_use]
    pub fn options(&self) -> &OpenOptions {
        &self.options
    }

    /// Every operation on tenants, until it is closed.
    pub async fn pgs(&self) -> Result<Pgs, Fault> {
        if self.is_closed() {
            return Err(Fault::closed("manager"));
        }
        match &*self.opened.read().await {
            Some(opened) if !self.is_closed() => Ok(opened.pgs().clone()),
            _ => Err(Fault::closed("manager")),
        }
    }

    /// Opens a proxy, which ends with this manager.
    pub async fn serve(&self, options: ServeOptions) -> Result<Server, Fault> {
        // So that closing waits for it.
        let _begun = self.tasks.token();
        Server::start(&self.pgs().await?, &options, &self.end, &self.tasks).await
    }

    /// Starts servers again that die, until this manager is closed; see [`pgs::Supervisor`].
    pub async fn supervise(&self) -> Result<Supervision, Fault> {
        let policy = self.options.config.restart.policy();
        let pgs = self.pgs().await?;
        Ok(Supervision::start(pgs, policy, &self.end, &self.tasks))
    }

    /// The log of changes as it grows, until this manager is closed; see [`Pgs::follow`].
    pub async fn follow(&self, after: u64) -> Result<Watch, Fault> {
        let follow = self.pgs().await?.follow(after);
        Ok(Watch::new(follow, &self.end))
    }

    /// What ends all that was made of it, and keeps nothing of it open.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending {
            opened: Arc::downgrade(&self.opened),
            end: self.end.clone(),
            tasks: self.tasks.clone(),
        }
    }

    /// Whether it was told to close.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.end.is_cancelled()
    }

    /// Ends its proxies at once, and, of a throw-away one, stops and deletes everything. Tenants of a lasting one go on.
    ///
    /// Answers when that is done, to whoever calls it, however often.
    pub async fn close(&self) -> Result<(), Fault> {
        self.end.cancel();
        let manager = self.clone();
        // Goes on to its end even if nobody waits for it.
        let closing = tokio::spawn(async move {
            // Held to the end, so that whoever closes it too waits for the same.
            let mut opened = manager.opened.write().await;
            manager.tasks.close();
            manager.tasks.wait().await;
            match opened.take() {
                Some(Opened::Ephemeral(ephemeral)) => ephemeral.close().await,
                Some(Opened::Lasting(_)) | None => Ok(()),
            }
        });
        let ended = closing.await.map_err(|ended| {
            Fault::from(Error::internal("closing ended without an answer").with_source(ended))
        })?;
        Ok(ended?)
    }
}

/// The other end of a manager: for whoever has to close it when nobody is left who can, and must not keep it open until then.
#[derive(Clone, Debug)]
pub struct Ending {
    opened: Weak<RwLock<Option<Opened>>>,
    end: CancellationToken,
    tasks: TaskTracker,
}

impl Ending {
    /// Whether nothing of it goes on, and nobody can make anything of it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.opened.strong_count() == 0 && self.tasks.is_empty()
    }

    /// Ends its proxies at once, and its supervisions. Its tenants go on.
    pub async fn end(&self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, open_options, serve_options};
    use serde_json::json;
    use std::net::TcpListener;

    #[tokio::test]
    async fn what_a_forgotten_manager_made_is_ended() {
        let dir = testkit::state_dir();
        let options = open_options(json!({ "stateDir": dir.path() }), Dialect::Camel).unwrap();
        let manager = Manager::open(options).await.unwrap();
        let serving = serve_options(manager.options(), json!({}), Dialect::Camel).unwrap();
        let server = manager.serve(serving).await.unwrap();
        manager.supervise().await.unwrap();
        let ending = manager.ending();
        drop(manager);
        assert!(!ending.is_over());
        ending.end().await;
        assert!(ending.is_over());
        TcpListener::bind(server.address()).unwrap();
    }

    #[tokio::test]
    async fn a_throw_away_manager_takes_no_state_directory() {
        let options = open_options(json!({ "stateDir": "/precious" }), Dialect::Camel);
        let refused = Manager::ephemeral(options.unwrap()).await.unwrap_err();
        assert_eq!(refused.code, "PGS_INVALID_INPUT");
        assert!(refused.message.contains("/precious"), "{refused:?}");
    }
}

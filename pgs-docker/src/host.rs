use crate::{
    DockerConfig,
    config::Transport,
    engine::{Engine, EngineInfo},
    image::{self, Image},
    labels::{self, Labels},
    layout::Layout,
    watch::Watch,
};
use pgs_core::{Error, ErrorKind, PgMajor, Result, TenantUid, provision::Progress};
use tokio::sync::{OnceCell, Semaphore};

/// The engine and this state directory as one provisioner sees them.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) config: DockerConfig,
    pub(crate) layout: Layout,
    pub(crate) engine: Engine,
    /// Whose containers and volumes these are.
    pub(crate) installation: String,
    pub(crate) watch: Watch,
    /// Engines get slower, not faster, with many containers starting at one time.
    pub(crate) turns: Semaphore,
    info: OnceCell<EngineInfo>,
}

impl Host {
    pub(crate) fn new(config: DockerConfig) -> Result<Self> {
        let layout = Layout::new(&config.state_dir)?;
        if config.transport == Transport::Socket {
            layout.sockets_must_fit()?;
        }
        let engine = Engine::open(config.host.as_deref())?;
        let state_dir = layout.state_dir().to_string_lossy().into_owned();
        let installation = config.installation.clone().unwrap_or(state_dir);
        Ok(Self {
            watch: Watch::new(engine.clone(), installation.clone()),
            turns: Semaphore::new(AT_ONCE),
            info: OnceCell::new(),
            config,
            layout,
            engine,
            installation,
        })
    }

    /// What the engine can do. Asked once, when it first answers.
    pub(crate) async fn info(&self) -> Result<&EngineInfo> {
        self.info.get_or_try_init(|| self.engine.info()).await
    }

    /// Whether this is a tenant's of this installation, going by its labels.
    pub(crate) fn owns(&self, labels: &Labels, uid: TenantUid) -> bool {
        labels::is_of(labels, &self.installation, uid)
    }

    /// The image of a major version, pulled if need be.
    pub(crate) async fn image(&self, major: PgMajor, progress: &dyn Progress) -> Result<Image> {
        let reference = self.config.image_of(major);
        let image = image::ensure(&self.engine, &reference, self.config.pull, progress).await?;
        match image.pg_major() {
            Some(number) if number != major.number() => {
                let message =
                    format!("the image `{reference}` says it has PostgreSQL {number}, not {major}");
                Err(
                    Error::new(ErrorKind::InvalidInput, message).with_remedy(format!(
                        "name one of PostgreSQL {major}: `[docker.images] {major} = ...`"
                    )),
                )
            }
            _ => Ok(image),
        }
    }

    /// The very image that a container was made from before.
    pub(crate) async fn pinned_image(
        &self,
        pinned: &str,
        progress: &dyn Progress,
    ) -> Result<Image> {
        image::ensure(&self.engine, pinned, self.config.pull, progress).await
    }
}

const AT_ONCE: usize = 6;

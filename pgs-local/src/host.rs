use crate::{
    Binaries, LocalConfig, OsUser, Search,
    failure::{AtPath, blocking},
    server::process,
    storage::{durable, layout::Layout, placement},
};
use pgs_core::{PgMajor, Result};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, PoisonError},
};

/// The machine as one provisioner sees it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) config: LocalConfig,
    pub(crate) layout: Layout,
    pub(crate) user: Option<OsUser>,
    chosen: Mutex<BTreeMap<Option<PgMajor>, Arc<Binaries>>>,
}

impl Host {
    pub(crate) fn new(config: LocalConfig) -> Result<Self> {
        let layout = Layout::new(&config.state_dir)?;
        let user = OsUser::choose(config.os_user.as_deref())?;
        if let Some(user) = &user {
            user.must_reach(layout.root())?;
            process::must_see_others()?;
        }
        Ok(Self {
            layout,
            user,
            config,
            chosen: Mutex::default(),
        })
    }

    /// The programs of a major version, or of the newest one there is. They are looked for once.
    pub(crate) async fn binaries(&self, major: Option<PgMajor>) -> Result<Arc<Binaries>> {
        if let Some(binaries) = self.chosen().get(&major) {
            return Ok(Arc::clone(binaries));
        }
        let search = Search::new(
            &self.config.bindirs,
            &self.config.fallback_bindirs,
            self.user.clone(),
        );
        let found = Arc::new(blocking(move || search.choose(major)).await?);
        self.chosen().insert(major, Arc::clone(&found));
        Ok(found)
    }

    fn chosen(&self) -> std::sync::MutexGuard<'_, BTreeMap<Option<PgMajor>, Arc<Binaries>>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a server's user may pass through, but not look into.
    pub(crate) fn passage(&self) -> u32 {
        if self.user.is_some() {
            PASSAGE
        } else {
            durable::PRIVATE_DIR
        }
    }

    /// Makes the directories that hold all others. A state directory that is there keeps the mode it was given.
    pub(crate) fn make_roots(&self) -> Result<()> {
        let layout = &self.layout;
        self.make_state_dir()?;
        durable::directory(&layout.tenants(), self.passage(), None)?;
        placement::keep_apart(&layout.tenants());
        durable::directory(&layout.templates(), self.passage(), None)?;
        durable::directory(&layout.trash(), durable::PRIVATE_DIR, None)?;
        self.user
            .as_ref()
            .map_or(Ok(()), |user| user.must_reach(&layout.tenants()))
    }

    fn make_state_dir(&self) -> Result<()> {
        let root = self.layout.root();
        if root.is_dir() {
            return Ok(());
        }
        if let Some(parent) = root.parent() {
            fs::create_dir_all(parent).at("make the directory", parent)?;
        }
        durable::directory(root, self.passage(), None)
    }
}

const PASSAGE: u32 = 0o711;

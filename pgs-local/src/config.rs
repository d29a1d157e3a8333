use pgs_core::PgMajor;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Where and how a [`LocalProvisioner`](crate::LocalProvisioner) works.
///
/// ```
/// use pgs_local::LocalConfig;
///
/// let mut config = LocalConfig::new("./state");
/// config.os_user = Some("postgres".to_owned());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalConfig {
    /// The directory that holds everything: the tenants, the templates, the trash.
    pub state_dir: PathBuf,
    /// Whom the servers run as, when pgs runs as root. Default: `pgs`, or else `postgres`.
    pub os_user: Option<String>,
    /// Where the programs of a major version are. Default: they are looked for, see [`Search`](crate::Search).
    pub bindirs: BTreeMap<PgMajor, PathBuf>,
    /// Where programs are that count only if there are no others, such as those that came with an application. Default: none.
    pub fallback_bindirs: Vec<PathBuf>,
    /// How long a server may take to answer its first query. Default: 60 seconds.
    pub start_timeout: Duration,
    /// How long, while it says that it is recovering. Default: 10 minutes.
    pub recovery_timeout: Duration,
    /// How long a stop may take before it is reported as going on. Default: 60 seconds.
    pub stop_timeout: Duration,
}

impl LocalConfig {
    /// Everything under this directory, the rest by default.
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            os_user: None,
            bindirs: BTreeMap::new(),
            fallback_bindirs: Vec::new(),
            start_timeout: Duration::from_mins(1),
            recovery_timeout: Duration::from_mins(10),
            stop_timeout: Duration::from_mins(1),
        }
    }
}

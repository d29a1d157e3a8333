use bollard::models::{SystemInfo, SystemVersion};
use pgs_core::{Error, ErrorKind, Result};
use std::fmt;

/// What an engine is and what it can do.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of the engine of its own"
)]
pub(crate) struct EngineInfo {
    /// Where it is.
    pub(crate) address: String,
    pub(crate) version: String,
    pub(crate) api_version: ApiVersion,
    pub(crate) storage_driver: String,
    /// `1` or `2`; empty where there are no cgroups.
    pub(crate) cgroup_version: String,
    pub(crate) os_type: String,
    pub(crate) is_rootless: bool,
    /// Whether a user's number inside a container is another one outside.
    pub(crate) remaps_users: bool,
    /// Whether its containers are in a virtual machine.
    pub(crate) is_desktop: bool,
    /// Whether a container's memory can be limited.
    pub(crate) has_memory_limit: bool,
    /// Whether its processor time can be.
    pub(crate) has_cpu_limit: bool,
    /// Whether its number of processes can be.
    pub(crate) has_pids_limit: bool,
    /// Of its machine.
    pub(crate) processors: u64,
    /// Of its machine.
    pub(crate) memory_bytes: u64,
}

/// A version of the engine's API, such as 1.41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion {
    major: u16,
    minor: u16,
}

impl EngineInfo {
    pub(super) fn new(address: String, version: SystemVersion, info: SystemInfo) -> Result<Self> {
        let api = version.api_version.unwrap_or_default();
        let security = info.security_options.unwrap_or_default();
        let has = |name: &str| security.iter().any(|option| option.contains(name));
        let operating_system = info.operating_system.unwrap_or_default();
        let found = Self {
            api_version: ApiVersion::parse(&api).ok_or_else(|| no_version(&api, &address))?,
            address,
            version: version.version.or(info.server_version).unwrap_or_default(),
            storage_driver: info.driver.unwrap_or_default(),
            cgroup_version: info
                .cgroup_version
                .map(|it| it.to_string())
                .unwrap_or_default(),
            os_type: info.os_type.or(version.os).unwrap_or_default(),
            is_desktop: operating_system.contains("Docker Desktop"),
            is_rootless: has("name=rootless"),
            remaps_users: has("name=rootless") || has("name=userns"),
            has_memory_limit: info.memory_limit.unwrap_or_default(),
            has_cpu_limit: info.cpu_cfs_quota.unwrap_or_default(),
            has_pids_limit: info.pids_limit.unwrap_or_default(),
            processors: unsigned(info.ncpu),
            memory_bytes: unsigned(info.mem_total),
        };
        found.usable()
    }

    fn usable(self) -> Result<Self> {
        let api = self.api_version;
        if api < OLDEST {
            let message = format!("{self} is too old: pgs needs API {OLDEST}");
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_remedy("upgrade the Docker Engine to 20.10 or newer"));
        }
        if self.os_type != "linux" {
            let message = format!("{self} runs containers of `{}`", self.os_type);
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_remedy("switch the Docker Engine to Linux containers"));
        }
        Ok(self)
    }
}

impl fmt::Display for EngineInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Docker Engine {}, API {}",
            self.version, self.api_version
        )?;
        if !self.storage_driver.is_empty() {
            write!(f, ", {}", self.storage_driver)?;
        }
        if !self.cgroup_version.is_empty() {
            write!(f, ", cgroup {}", self.cgroup_version)?;
        }
        if self.is_rootless {
            f.write_str(", rootless")?;
        }
        if self.is_desktop {
            f.write_str(", Docker Desktop")?;
        }
        write!(f, ", at {}", self.address)
    }
}

impl ApiVersion {
    pub(crate) const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self::new(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

fn unsigned(number: Option<i64>) -> u64 {
    number
        .and_then(|number| u64::try_from(number).ok())
        .unwrap_or_default()
}

fn no_version(api: &str, address: &str) -> Error {
    let message = format!("what answers at {address} says API version `{api}`");
    Error::new(ErrorKind::Unsupported, message)
        .with_remedy("name a Docker Engine with DOCKER_HOST or `[docker] host`")
}

/// That of Docker 20.10.
const OLDEST: ApiVersion = ApiVersion::new(1, 41);

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(api: &str, os: &str) -> Result<EngineInfo> {
        let version = SystemVersion {
            version: Some("20.10.24".to_owned()),
            api_version: Some(api.to_owned()),
            ..SystemVersion::default()
        };
        let info = SystemInfo {
            driver: Some("overlay2".to_owned()),
            os_type: Some(os.to_owned()),
            operating_system: Some("Docker Desktop".to_owned()),
            security_options: Some(vec!["name=rootless".to_owned()]),
            ..SystemInfo::default()
        };
        EngineInfo::new("unix:///run/docker.sock".to_owned(), version, info)
    }

    #[test]
    fn an_engine_is_described_in_one_line() {
        let info = engine("1.41", "linux").unwrap();
        assert_eq!(
            info.to_string(),
            "Docker Engine 20.10.24, API 1.41, overlay2, rootless, Docker Desktop, at unix:///run/docker.sock"
        );
    }

    #[test]
    fn an_old_engine_and_one_with_other_containers_are_refused() {
        assert!(engine("1.100", "linux").is_ok());
        for (api, os, words) in [
            ("1.40", "linux", "is too old: pgs needs API 1.41"),
            ("1.43", "windows", "runs containers of `windows`"),
            ("new", "linux", "says API version `new`"),
        ] {
            let error = engine(api, os).unwrap_err();
            println!("{error:?}");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.remedy().is_some());
        }
    }
}

use crate::{Config, ProvisionerKind};
use pgs_core::{Error, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What somebody else must know to take a throw-away manager down, as a configuration of its own.
#[derive(Serialize)]
struct Kept<'a> {
    provisioner: &'static str,
    local: KeptLocal<'a>,
    docker: KeptDocker<'a>,
}

#[derive(Serialize)]
struct KeptLocal<'a> {
    os_user: Option<&'a str>,
}

#[derive(Serialize)]
struct KeptDocker<'a> {
    host: Option<&'a str>,
    installation: Option<&'a str>,
}

/// Writes it into the directory.
pub(super) fn write(config: &Config, directory: &Path) -> Result<()> {
    let kept = Kept {
        provisioner: match config.provisioner {
            ProvisionerKind::Local => "local",
            ProvisionerKind::Docker => "docker",
        },
        local: KeptLocal {
            os_user: config.local.os_user.as_deref(),
        },
        docker: KeptDocker {
            host: config.docker.host.as_deref(),
            installation: config.docker.installation.as_deref(),
        },
    };
    let text = toml::to_string(&kept).map_err(|source| {
        Error::internal("a configuration cannot be written").with_source(source)
    })?;
    let file = file(directory);
    std::fs::write(&file, text)
        .map_err(|source| Error::io(format!("`{}` cannot be written", file.display()), source))
}

/// Reads it, for the manager in this directory.
pub(super) fn read(directory: &Path) -> Result<Config> {
    let mut config = Config::load(&file(directory))?;
    config.state_dir = Some(directory.to_owned());
    Ok(config)
}

fn file(directory: &Path) -> PathBuf {
    directory.join("ephemeral.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_to_take_it_down_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config {
            provisioner: ProvisionerKind::Docker,
            ..Config::default()
        };
        config.local.os_user = Some("db".to_owned());
        config.docker.host = Some("unix:///x.sock".to_owned());
        config.docker.installation = Some("mine".to_owned());
        write(&config, directory.path()).unwrap();

        let read = read(directory.path()).unwrap();
        assert_eq!(read.state_dir.as_deref(), Some(directory.path()));
        assert_eq!(read.provisioner, ProvisionerKind::Docker);
        assert_eq!(read.local.os_user.as_deref(), Some("db"));
        assert_eq!(read.docker.host.as_deref(), Some("unix:///x.sock"));
        assert_eq!(read.docker.installation.as_deref(), Some("mine"));
    }
}

use crate::{Config, ProvisionerKind};
use pgs_core::{Error, Result, TenantManager, provision::Provisioner};
use pgs_docker::DockerProvisioner;
use pgs_local::LocalProvisioner;
use std::{path::Path, sync::Arc};

/// The provisioners of an open state directory: all of their tenants stand behind the same port.
pub(crate) struct Provisioners {
    /// What makes new tenants.
    pub(crate) primary: Arc<dyn Provisioner>,
    other: Other,
}

/// What runs the tenants that the primary one did not make.
enum Other {
    There(Arc<dyn Provisioner>),
    /// There may be tenants of it, but it cannot be set up here.
    Absent(&'static str, Error),
    /// There are no tenants of it.
    NotNeeded,
}

/// The configured provisioner, which must be had, and the other one where it can have tenants.
pub(crate) fn provisioners(config: &Config, state_dir: &Path) -> Result<Provisioners> {
    Ok(match config.provisioner {
        ProvisionerKind::Local => Provisioners {
            primary: local(config, state_dir)?,
            other: docker_beside(config, state_dir),
        },
        ProvisionerKind::Docker => Provisioners {
            primary: docker(config, state_dir)?,
            other: there_or_absent("local", local(config, state_dir)),
        },
    })
}

fn local(config: &Config, state_dir: &Path) -> Result<Arc<dyn Provisioner>> {
    let mut local = config.local()?;
    state_dir.clone_into(&mut local.state_dir);
    Ok(Arc::new(LocalProvisioner::new(local)?))
}

fn docker(config: &Config, state_dir: &Path) -> Result<Arc<dyn Provisioner>> {
    let mut docker = config.docker()?;
    state_dir.clone_into(&mut docker.state_dir);
    Ok(Arc::new(DockerProvisioner::new(docker)?))
}

/// A Docker tenant has its socket and its secrets below `docker`.
fn docker_beside(config: &Config, state_dir: &Path) -> Other {
    if state_dir.join("docker").exists() {
        there_or_absent("docker", docker(config, state_dir))
    } else {
        Other::NotNeeded
    }
}

fn there_or_absent(name: &'static str, provisioner: Result<Arc<dyn Provisioner>>) -> Other {
    match provisioner {
        Ok(provisioner) => Other::There(provisioner),
        Err(reason) => {
            tracing::debug!(provisioner = name, reason = %reason.chain(), "left out");
            Other::Absent(name, reason)
        }
    }
}

impl Provisioners {
    /// The same manager, which also knows of the other provisioner.
    pub(crate) fn others_beside(self, manager: TenantManager) -> TenantManager {
        match self.other {
            Other::There(other) => manager.with_provisioner(other),
            Other::Absent(name, reason) => manager.without_provisioner(name, reason),
            Other::NotNeeded => manager,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        text.parse().unwrap()
    }

    #[test]
    fn docker_stands_beside_local_once_it_has_been_used() {
        let directory = tempfile::tempdir().unwrap();
        let docker = config("provisioner = \"docker\"");
        let found = provisioners(&docker, directory.path()).unwrap();
        assert_eq!(found.primary.name(), "docker");

        assert!(matches!(
            docker_beside(&Config::default(), directory.path()),
            Other::NotNeeded
        ));
        std::fs::create_dir(directory.path().join("docker")).unwrap();
        assert!(matches!(
            docker_beside(&Config::default(), directory.path()),
            Other::There(_)
        ));
    }

    #[test]
    fn local_is_left_out_where_no_server_could_run() {
        let directory = tempfile::tempdir().unwrap();
        let unusable = "[local.bindir]\n9 = \"/x\"";
        let docker = config(&format!("provisioner = \"docker\"\n{unusable}"));
        let found = provisioners(&docker, directory.path()).unwrap();
        assert!(matches!(found.other, Other::Absent("local", _)));
        assert!(provisioners(&config(unusable), directory.path()).is_err());
    }
}

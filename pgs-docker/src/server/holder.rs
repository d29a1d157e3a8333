//! The container that holds a tenant's server, or held it last.

use crate::{
    config::Transport,
    engine::{is_conflict, is_not_found, is_unseen_directory, or_not_modified},
    host::Host,
    labels::{self, Labels},
    naming,
    place::PORT,
    volume::taken,
};
use bollard::{
    models::{ContainerCreateBody, ContainerSummary, ContainerSummaryStateEnum},
    query_parameters::{
        CreateContainerOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
        RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder, StartContainerOptions,
    },
};
use pgs_core::{Endpoint, Error, ErrorKind, Result, TenantUid, provision::Marker};
use std::{collections::HashMap, net::SocketAddr};

/// A container of a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) uid: TenantUid,
    /// The engine's id, which never means another container.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) is_up: bool,
    address: Option<SocketAddr>,
}

impl Holder {
    /// What its name tells. One that somebody renamed is taken for whole: nothing whole is ever deleted by mistake.
    pub(crate) fn named_marker(&self) -> Marker {
        naming::marker(&self.name, self.uid).unwrap_or(Marker::Complete)
    }

    /// How its server is reached, which is as the container was made.
    pub(crate) fn transport(&self, host: &Host) -> Transport {
        labels::transport(&self.labels).unwrap_or(host.config.transport)
    }

    /// Where its server listens.
    pub(crate) fn endpoint(&self, host: &Host) -> Option<Endpoint> {
        if !self.is_up {
            return None;
        }
        match self.transport(host) {
            Transport::Socket => Some(Endpoint::Unix(host.layout.home(self.uid).socket())),
            Transport::Bridge | Transport::Published => self.address.map(Endpoint::Tcp),
        }
    }

    fn from_summary(found: ContainerSummary, host: &Host) -> Option<Self> {
        let labels = found.labels.clone().unwrap_or_default();
        let transport = labels::transport(&labels).unwrap_or(host.config.transport);
        let address = address(&found, transport);
        let name = found.names?.into_iter().next()?;
        let up = [
            ContainerSummaryStateEnum::RUNNING,
            ContainerSummaryStateEnum::PAUSED,
            ContainerSummaryStateEnum::RESTARTING,
        ];
        Some(Self {
            uid: labels::uid(&labels)?,
            id: found.id?,
            name: name.trim_start_matches('/').to_owned(),
            is_up: found.state.is_some_and(|state| up.contains(&state)),
            address,
            labels,
        })
    }
}

fn address(found: &ContainerSummary, transport: Transport) -> Option<SocketAddr> {
    match transport {
        Transport::Socket => None,
        Transport::Published => {
            let ports = found.ports.iter().flatten();
            let port = ports
                .filter(|port| port.private_port == PORT)
                .find_map(|port| port.public_port)?;
            Some(SocketAddr::from(([127, 0, 0, 1], port)))
        }
        Transport::Bridge => {
            let networks = found.network_settings.as_ref()?.networks.as_ref()?;
            let mut addresses = networks
                .values()
                .filter_map(|network| network.ip_address.as_deref());
            let ip = addresses.find_map(|address| address.parse().ok())?;
            Some(SocketAddr::new(ip, PORT))
        }
    }
}

/// The tenant's container, if there is one.
pub(crate) async fn find(host: &Host, uid: TenantUid) -> Result<Option<Holder>> {
    let found = list(host, labels::filter_of(&host.installation, uid)).await?;
    let mut ours = found
        .into_iter()
        .filter(|holder| !labels::is_helper(&holder.labels));
    Ok(ours.next())
}

/// The containers of all tenants of this installation.
pub(crate) async fn all(host: &Host) -> Result<Vec<Holder>> {
    let mut found = list(host, labels::filter(&host.installation, labels::UID)).await?;
    found.retain(|holder| !labels::is_helper(&holder.labels));
    Ok(found)
}

/// Every container of the tenant, those included that are there for a moment only.
pub(crate) async fn everything(host: &Host, uid: TenantUid) -> Result<Vec<Holder>> {
    list(host, labels::filter_of(&host.installation, uid)).await
}

async fn list(host: &Host, filter: HashMap<String, Vec<String>>) -> Result<Vec<Holder>> {
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filter)
        .build();
    let found = host.engine.docker().list_containers(Some(options)).await;
    let found = found.map_err(|error| host.engine.failed("list containers", error))?;
    let mut holders: Vec<_> = found
        .into_iter()
        .filter_map(|it| Holder::from_summary(it, host))
        .collect();
    // Were there ever two of one tenant, the one that runs is its server, and else the one with the plain name.
    holders.sort_by_key(|holder| (!holder.is_up, holder.name.len()));
    Ok(holders)
}

/// Whether a container runs, as it is now: what the engine lists lags behind its events, since this waits for the
/// container's lock and listing does not. One that is gone does not run.
pub(crate) async fn is_running(host: &Host, container: &str) -> Result<bool> {
    match host
        .engine
        .docker()
        .inspect_container(container, None)
        .await
    {
        Ok(found) => Ok(found.state.and_then(|state| state.running) == Some(true)),
        Err(error) if is_not_found(&error) => Ok(false),
        Err(error) => Err(host
            .engine
            .failed(&format!("look at the container `{container}`"), error)),
    }
}

/// Makes a container and answers its id. A name that is taken by one that is not this tenant's is an error that names it.
pub(crate) async fn make(host: &Host, name: &str, body: ContainerCreateBody) -> Result<String> {
    let options = CreateContainerOptionsBuilder::new().name(name).build();
    match host
        .engine
        .docker()
        .create_container(Some(options), body)
        .await
    {
        Ok(made) => Ok(made.id),
        Err(error) if is_conflict(&error) => Err(conflict(host, name).await),
        Err(error) => {
            let unseen = is_unseen_directory(&error);
            let failed = host
                .engine
                .failed(&format!("make the container `{name}`"), error);
            Err(if unseen {
                elsewhere(host, failed)
            } else {
                failed
            })
        }
    }
}

/// A name of ours that is in use: by another process of this installation that was faster, or by somebody else.
async fn conflict(host: &Host, name: &str) -> Error {
    let found = host.engine.docker().inspect_container(name, None).await;
    let labels = found
        .ok()
        .and_then(|found| found.config)
        .and_then(|config| config.labels);
    let ours =
        labels.is_some_and(|labels| labels.get(labels::INSTALLATION) == Some(&host.installation));
    if !ours {
        return taken("container", name);
    }
    let message = format!("another process made the container `{name}` meanwhile");
    Error::new(ErrorKind::Conflict, message).with_remedy("repeat it")
}

/// What pgs has at a path is not what the engine's machine has there: pgs runs in a container whose mounts differ, or the
/// engine in a virtual machine.
fn elsewhere(host: &Host, refused: Error) -> Error {
    let state = host.layout.state_dir().display();
    let message = "the Docker Engine does not see the directories that pgs does";
    Error::new(ErrorKind::InvalidInput, message)
        .with_source(refused)
        .with_remedy(format!(
            "where pgs runs in a container, mount the state directory (and `[docker] initdb_dir`) at the path that it has \
             on the engine's machine: `--volume {state}:{state}`; where the engine runs in a virtual machine, set \
             `[docker] transport = \"published\"`"
        ))
}

pub(crate) async fn start(host: &Host, container: &str) -> Result<()> {
    let started = host
        .engine
        .docker()
        .start_container(container, None::<StartContainerOptions>);
    or_not_modified(started.await).map_err(|error| {
        host.engine
            .failed(&format!("start the container `{container}`"), error)
    })
}

/// Sends a signal; `false` when there is nothing running that could receive it.
pub(crate) async fn signal(host: &Host, container: &str, signal: &str) -> Result<bool> {
    let options = KillContainerOptionsBuilder::new().signal(signal).build();
    match host
        .engine
        .docker()
        .kill_container(container, Some(options))
        .await
    {
        Ok(()) => Ok(true),
        Err(error) if is_not_found(&error) || is_conflict(&error) => Ok(false),
        Err(error) => Err(host
            .engine
            .failed(&format!("signal the container `{container}`"), error)),
    }
}

pub(crate) async fn rename(host: &Host, holder: &Holder, to: Marker) -> Result<()> {
    let name = naming::container(holder.uid, to);
    if holder.name == name {
        return Ok(());
    }
    let options = RenameContainerOptionsBuilder::new().name(&name).build();
    match host
        .engine
        .docker()
        .rename_container(&holder.id, options)
        .await
    {
        Err(error) if is_conflict(&error) => Err(taken("container", &name)),
        done => done.map_err(|error| {
            host.engine
                .failed(&format!("rename `{}`", holder.name), error)
        }),
    }
}

/// Removes a container, running or not, and no volume with it. None there is fine.
pub(crate) async fn remove(host: &Host, container: &str) -> Result<()> {
    remove_with(host, container, false).await
}

/// Removes a container together with volumes that have no name, and so with what an image made beside the tenant's own.
pub(crate) async fn remove_with_strays(host: &Host, container: &str) -> Result<()> {
    remove_with(host, container, true).await
}

async fn remove_with(host: &Host, container: &str, nameless_volumes: bool) -> Result<()> {
    let options = RemoveContainerOptionsBuilder::new()
        .v(nameless_volumes)
        .force(true)
        .build();
    match host
        .engine
        .docker()
        .remove_container(container, Some(options))
        .await
    {
        Err(error) if !is_not_found(&error) => Err(host
            .engine
            .failed(&format!("remove the container `{container}`"), error)),
        _ => Ok(()),
    }
}

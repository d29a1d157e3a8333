use crate::engine::{Engine, is_not_found};
use pgs_core::Result;
use std::net::IpAddr;

/// Where a container that is not pgs' own can be reached from this machine: its address on a network of the engine.
///
/// None where no such container runs, or it has no network. The engine is chosen as by [`DockerConfig`](crate::DockerConfig).
pub async fn container_address(host: Option<&str>, name: &str) -> Result<Option<IpAddr>> {
    let engine = Engine::open(host)?;
    let found = match engine.docker().inspect_container(name, None).await {
        Err(error) if is_not_found(&error) => return Ok(None),
        found => found
            .map_err(|error| engine.failed(&format!("look at the container `{name}`"), error))?,
    };
    let networks = found
        .network_settings
        .and_then(|settings| settings.networks);
    let mut addresses = networks
        .into_iter()
        .flatten()
        .filter_map(|(_, network)| network.ip_address?.parse().ok());
    Ok(addresses.next())
}

//! The network of servers that are reached over TCP. With sockets there is none at all.

use crate::{config::Transport, files, host::Host, labels, volume::taken};
use bollard::{
    models::{Network, NetworkCreateRequest},
    query_parameters::ListNetworksOptionsBuilder,
};
use pgs_core::Result;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What a container's network is.
pub(crate) fn mode(host: &Host) -> String {
    match host.config.transport {
        Transport::Socket => "none".to_owned(),
        Transport::Bridge | Transport::Published => name(host),
    }
}

/// Makes the network that containers are going to need; one that is there already stays.
///
/// The engine gives one name to several networks, and then knows none by it: whoever looks and makes, does it alone.
pub(crate) async fn ensure(host: &Host) -> Result<()> {
    if host.config.transport == Transport::Socket {
        return Ok(());
    }
    let _lock = files::lock(host.layout.networks_lock()).await?;
    let name = name(host);
    let options = ListNetworksOptionsBuilder::new()
        .filters(&HashMap::from([("name", vec![name.as_str()])]))
        .build();
    let docker = host.engine.docker();
    let found = docker.list_networks(Some(options)).await;
    let found = found.map_err(|error| host.engine.failed("list networks", error))?;
    // The engine's filter takes parts of names, too.
    match found
        .iter()
        .find(|network| network.name.as_deref() == Some(&name))
    {
        Some(network) if is_ours(host, network) => Ok(()),
        Some(_) => Err(taken("network", &name)),
        None => {
            let made = docker.create_network(request(host, &name)).await;
            made.map(drop).map_err(|error| {
                host.engine
                    .failed(&format!("make the network `{name}`"), error)
            })
        }
    }
}

fn is_ours(host: &Host, network: &Network) -> bool {
    let labels = network.labels.as_ref();
    labels.is_some_and(|labels| labels.get(labels::INSTALLATION) == Some(&host.installation))
}

/// Removes the network behind the last tenant: an engine has room for a few dozen. One that is still used stays.
pub(crate) async fn discard(host: &Host) {
    if host.config.transport == Transport::Socket {
        return;
    }
    let name = name(host);
    if let Err(error) = host.engine.docker().remove_network(&name).await {
        tracing::debug!(%error, network = name, "the tenants' network stays");
    }
}

/// Containers on it cannot reach each other. An internal one has no way out either, but the engine publishes no ports of it.
fn request(host: &Host, name: &str) -> NetworkCreateRequest {
    let options = [("com.docker.network.bridge.enable_icc", "false")];
    let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
    NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        internal: Some(host.config.transport == Transport::Bridge),
        options: Some(HashMap::from(options)),
        labels: Some(labels::helper(&host.installation, "network")),
        ..NetworkCreateRequest::default()
    }
}

/// One for each installation and kind, since a network cannot change.
fn name(host: &Host) -> String {
    let digest = Sha256::digest(host.installation.as_bytes());
    let short = digest
        .iter()
        .take(4)
        .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let kind = match host.config.transport {
        Transport::Published => "published",
        _ => "internal",
    };
    format!("pgs-{kind}-{short:08x}")
}

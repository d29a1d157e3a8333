use super::{Address, address::Scheme, hex::hex};
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker, errors::Error};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use hyperlocal::UnixConnector;
use std::path::Path;

/// A client of the engine at this address, which it does not contact yet.
pub(super) fn connect(address: &Address) -> Result<Docker, Error> {
    let docker = match address.scheme() {
        Scheme::Unix(path) => unix(path)?,
        #[cfg(feature = "http")]
        Scheme::Http => Docker::connect_with_http(address.url(), PATIENCE, API_DEFAULT_VERSION)?,
    };
    Ok(docker.with_request_modifier(readable_by_engines))
}

/// As [`Docker::connect_with_unix`], which refuses a socket that is not there yet: the engine may start after pgs.
fn unix(path: &Path) -> Result<Docker, Error> {
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(UnixConnector);
    let send = move |request: BollardRequest| {
        let sent = client.request(request);
        async move { sent.await.map_err(Error::from) }
    };
    // The connector takes the path in hexadecimal, as the host of the URI.
    let host = format!("unix://{}", hex(path.to_string_lossy().as_bytes()));
    Docker::connect_with_custom_transport(send, Some(host), PATIENCE, API_DEFAULT_VERSION)
}

/// Puts the credentials' base64 into the alphabet that engines read: bollard 0.21.1 writes the other one, and engines
/// then take a password with `~` or `?` in it for no password at all.
fn readable_by_engines(mut request: BollardRequest) -> BollardRequest {
    if let Some(header) = request.headers_mut().get_mut("x-registry-auth") {
        let text = header.to_str().unwrap_or_default();
        if let Ok(value) = text.replace('+', "-").replace('/', "_").parse() {
            *header = value;
        }
    }
    request
}

/// Seconds until the engine has to begin its answer. What it streams afterwards has no limit.
const PATIENCE: u64 = 120;

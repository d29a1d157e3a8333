//! What the Docker command's configuration says: which context is in use, and which engine that is.

use super::{
    Surroundings,
    address::{NAME_ANOTHER, USUAL},
    hex::hex,
};
use pgs_core::{Error, ErrorKind, Result};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{fs, io, path::Path};

/// The context that is in use, unless it is the default one.
pub(super) fn current(surroundings: &Surroundings) -> Result<Option<String>> {
    let name = match (&surroundings.context, &surroundings.config_dir) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(dir)) => {
            let config = read::<DockerConfigFile>(&dir.join("config.json"))?;
            config.unwrap_or_default().current_context
        }
        (None, None) => None,
    };
    Ok(name.filter(|name| !name.is_empty() && name != "default"))
}

/// The address that a context has in its metadata, which is stored under its name's hash.
pub(super) fn endpoint(name: &str, surroundings: &Surroundings) -> Result<String> {
    let missing = || no_context(name, surroundings);
    let dir = surroundings.config_dir.as_ref().ok_or_else(missing)?;
    let hash = hex(&Sha256::digest(name));
    let path = dir.join("contexts/meta").join(hash).join("meta.json");
    let meta = read::<ContextFile>(&path)?.ok_or_else(missing)?;
    meta.endpoints
        .docker
        .and_then(|docker| docker.host)
        .filter(|host| !host.is_empty())
        .ok_or_else(|| {
            let message = format!("the Docker context `{name}` names no engine");
            Error::new(ErrorKind::InvalidInput, message).with_remedy(format!(
                "docker context update {name} --docker host=unix://{USUAL}, or {NAME_ANOTHER}"
            ))
        })
}

/// What a JSON file says, or nothing where there is no such file.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("cannot read the Docker configuration `{}`", path.display());
            let remedy = format!("let this user read it, or {NAME_ANOTHER}");
            return Err(Error::io(message, error).with_remedy(remedy));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let message = format!("the Docker configuration `{}` is damaged", path.display());
        Error::new(ErrorKind::InvalidInput, message)
            .with_source(error)
            .with_remedy(format!("correct it, or {NAME_ANOTHER}"))
    })
}

fn no_context(name: &str, surroundings: &Surroundings) -> Error {
    let who = match (&surroundings.context, &surroundings.config_dir) {
        (None, Some(dir)) => format!("`{}`", dir.join("config.json").display()),
        _ => "DOCKER_CONTEXT".to_owned(),
    };
    let message = format!("there is no Docker context `{name}`, which {who} names");
    Error::new(ErrorKind::InvalidInput, message).with_remedy(format!(
        "choose one that `docker context ls` lists, or {NAME_ANOTHER}"
    ))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfigFile {
    current_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextFile {
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEndpoint {
    host: Option<String>,
}

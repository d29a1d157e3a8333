use super::{image, port, text::At};
use pgs_core::{Error, ErrorKind, Limits, PgMajor, Result};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// A service that runs `postgres`, as its Compose file has it.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) containers: Vec<String>,
    pub(super) image: String,
    pub(super) pg_version: Option<PgMajor>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) limits: Limits,
    pub(super) published: Option<SocketAddr>,
    /// What is mounted where the image looks for scripts, in the order in which it runs them.
    pub(super) init_scripts: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

/// What a Compose file has.
#[derive(Debug, Default)]
pub(super) struct Compose {
    pub(super) servers: Vec<Service>,
    /// The names of the services that run something else.
    pub(super) others: Vec<String>,
}

/// Reads the text of the Compose file of this name in this folder.
pub(super) fn read(folder: &Path, file: &str, text: &str) -> Result<Compose> {
    // What is around a mistake may be a password.
    let options = serde_saphyr::options! { with_snippet: false };
    let root: Value = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{file} is no YAML: {error}"),
        )
        .with_remedy("`docker compose config` tells where it is wrong, too")
    })?;
    let Some(services) = root.get("services").and_then(Value::as_object) else {
        return Err(
            Error::new(ErrorKind::InvalidInput, format!("{file} has no `services`"))
                .with_remedy("name the folder of a Compose file of version 2 or 3"),
        );
    };
    let project = project(folder, root.get("name"));
    let mut compose = Compose::default();
    for (name, service) in services {
        let at = At {
            file,
            service: name,
        };
        match server(at, folder, &project, service)? {
            Some(server) => compose.servers.push(server),
            None => compose.others.push(name.clone()),
        }
    }
    Ok(compose)
}

/// None for a service that runs something else.
fn server(at: At<'_>, folder: &Path, project: &str, service: &Value) -> Result<Option<Service>> {
    let Some(reference) = service.get("image").and_then(Value::as_str) else {
        return Ok(None);
    };
    let Some(image) = image::read(at, reference)? else {
        return Ok(None);
    };
    let name = at.service.to_owned();
    let containers = match service.get("container_name") {
        Some(name) => vec![at.text("container_name", name)?],
        None => containers(project, &name),
    };
    let mut notes = Vec::from_iter(image.note);
    let init_scripts = match service.get("volumes") {
        Some(volumes) => init_scripts(at, folder, volumes, &mut notes)?,
        None => Vec::new(),
    };
    let ports = service.get("ports").filter(|ports| !ports.is_null());
    Ok(Some(Service {
        name,
        containers,
        image: reference.to_owned(),
        pg_version: image.pg_version,
        environment: environment(at, service.get("environment"))?,
        limits: limits(at, service)?,
        published: ports.map_or(Ok(None), |ports| port::published(at, ports))?,
        init_scripts,
        notes,
    }))
}

/// What Compose calls the first container of a service unless it is told: version 2 of it, and version 1.
fn containers(project: &str, service: &str) -> Vec<String> {
    vec![
        format!("{project}-{service}-1"),
        format!("{project}_{service}_1"),
    ]
}

/// What Compose calls the project: as it is told, which `docker compose config` writes down, or by its folder.
fn project(folder: &Path, told: Option<&Value>) -> String {
    if let Some(name) = told.and_then(Value::as_str) {
        return name.to_owned();
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let lower = name.to_lowercase();
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    lower.chars().filter(kept).collect()
}

/// The variables of the image, from a list of `NAME=value` or a mapping.
fn environment(at: At<'_>, written: Option<&Value>) -> Result<BTreeMap<String, String>> {
    let key = "environment";
    let form = "write it as a list of `- NAME=value` or as `NAME: value`";
    let mut environment = BTreeMap::new();
    match written {
        None | Some(Value::Null) => {}
        Some(Value::Array(entries)) => {
            for entry in entries {
                let Some(text) = entry.as_str() else {
                    return Err(at.wrong(key, "has an entry that is no text", form));
                };
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                if name.starts_with(VARIABLES) {
                    if !text.contains('=') {
                        return Err(at.wrong(name, "has no value in the file", ELSEWHERE));
                    }
                    environment.insert(name.to_owned(), at.substituted(name, value)?);
                }
            }
        }
        Some(Value::Object(entries)) => {
            let ours = entries
                .iter()
                .filter(|(name, _)| name.starts_with(VARIABLES));
            for (name, value) in ours {
                if value.is_null() {
                    return Err(at.wrong(name, "has no value in the file", ELSEWHERE));
                }
                environment.insert(name.clone(), at.text(name, value)?);
            }
        }
        Some(_) => return Err(at.wrong(key, "is neither a list nor a mapping", form)),
    }
    Ok(environment)
}

/// `mem_limit` and its like, else those of `deploy`.
fn limits(at: At<'_>, service: &Value) -> Result<Limits> {
    let deployed = service.pointer("/deploy/resources/limits");
    let find = |key: &'static str, deployed_as: &str| {
        let own = service.get(key).filter(|value| !value.is_null());
        own.or_else(|| deployed?.get(deployed_as))
    };
    let text = |key, value: &Value| match value {
        Value::Number(number) => Ok(number.to_string()),
        other => at.text(key, other),
    };
    let mut limits = Limits::default();
    if let Some(value) = find("mem_limit", "memory") {
        limits.memory = Some(parsed(at, "mem_limit", &text("mem_limit", value)?)?);
    }
    if let Some(value) = find("cpus", "cpus") {
        limits.cpus = Some(parsed(at, "cpus", &text("cpus", value)?)?);
    }
    if let Some(value) = find("shm_size", "") {
        limits.shm = Some(parsed(at, "shm_size", &text("shm_size", value)?)?);
    }
    if let Some(value) = find("pids_limit", "pids") {
        let number = text("pids_limit", value)?;
        limits.pids = Some(number.parse().map_err(|_| {
            let what = format!("has `{number}`, which is no number of processes");
            at.wrong(
                "pids_limit",
                &what,
                "write a number such as 200, or leave it out",
            )
        })?);
    }
    Ok(limits)
}

fn parsed<T: std::str::FromStr<Err = Error>>(at: At<'_>, key: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| at.about(key, &error))
}

/// The files and folders of the host that are mounted where the image looks for scripts.
fn init_scripts(
    at: At<'_>,
    folder: &Path,
    volumes: &Value,
    notes: &mut Vec<String>,
) -> Result<Vec<PathBuf>> {
    let Some(volumes) = volumes.as_array() else {
        return Err(at.wrong("volumes", "is no list", "write it as `- name:/path`"));
    };
    let mut found = BTreeMap::new();
    for volume in volumes {
        let (source, target) = mount(at, volume)?;
        if !target.starts_with(INIT_SCRIPTS) {
            continue;
        }
        match source.filter(|source| source.starts_with(['.', '/'])) {
            Some(source) => {
                found.insert(target, folder.join(source));
            }
            None => notes.push(format!(
                "what is mounted at `{target}` is no file of this machine: its scripts are left out"
            )),
        }
    }
    Ok(found.into_values().collect())
}

/// Where it comes from and where it goes, of `source:target[:mode]`, `target`, or the long form.
fn mount(at: At<'_>, volume: &Value) -> Result<(Option<String>, String)> {
    if let Some(volume) = volume.as_object() {
        let text = |volume: &Map<String, Value>, key| {
            let value = volume.get(key);
            value.map(|value| at.text("volumes", value)).transpose()
        };
        let target = text(volume, "target")?.unwrap_or_default();
        return Ok((text(volume, "source")?, target));
    }
    let text = at.text("volumes", volume)?;
    let mut parts = text.split(':').map(str::to_owned);
    let first = parts.next().unwrap_or_default();
    Ok(match parts.next() {
        Some(target) => (Some(first), target),
        None => (None, first),
    })
}

const VARIABLES: &str = "POSTGRES_";
const INIT_SCRIPTS: &str = "/docker-entrypoint-initdb.d";
const ELSEWHERE: &str =
    "write its value into a copy of the file, or import what `docker compose config` prints";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_called_after_the_name_in_the_file_and_else_after_the_folder() {
        for (head, name) in [
            ("name: sysnee\n", "sysnee-acme-1"),
            ("", "the_other-acme-1"),
        ] {
            let text = format!("{head}services:\n  acme: {{image: 'postgres:18'}}\n");
            let folder = Path::new("/some/where/The_Other");
            let compose = read(folder, "docker-compose.yml", &text).unwrap();
            assert_eq!(compose.servers[0].containers[0], name);
        }
    }
}

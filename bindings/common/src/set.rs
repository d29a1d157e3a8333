use crate::{
    Dialect,
    create::{networks, settings},
    size::{SettingValue, Written, bytes, cpus},
};
use pgs::{Change, NetworksChange, Result, SettingName, SpecChange};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is to become different about a tenant: what is not named stays, a limit that is null is lifted.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AlterOptions {
    #[serde(deserialize_with = "present")]
    memory: Named<Written>,
    #[serde(deserialize_with = "present")]
    cpus: Named<Written>,
    #[serde(deserialize_with = "present")]
    pids: Named<u32>,
    #[serde(deserialize_with = "present")]
    shm: Named<Written>,
    #[serde(deserialize_with = "present")]
    max_connections: Named<u32>,
    set: BTreeMap<String, SettingValue>,
    unset: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NetworksOptions {
    #[serde(deserialize_with = "present")]
    allow_from: Named<Vec<String>>,
    #[serde(deserialize_with = "present")]
    deny_from: Named<Vec<String>>,
}

/// None when it is not named, `Some(None)` when it is null.
type Named<T> = Option<Option<T>>;

fn present<'de, T, D>(deserializer: D) -> Result<Named<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Reads the options of `alter`.
pub fn alter_options(options: Value, dialect: Dialect) -> Result<SpecChange> {
    let options: AlterOptions = dialect.read(options)?;
    let mut change = SpecChange::default();
    change.memory = changed(options.memory, |one| bytes("memory", &one))?;
    change.cpus = changed(options.cpus, |one| cpus("cpus", &one))?;
    change.pids = changed(options.pids, Ok)?;
    change.shm = changed(options.shm, |one| bytes("shm", &one))?;
    change.max_connections = changed(options.max_connections, Ok)?;
    change.set = settings(&options.set)?;
    let unset = options.unset.iter().map(|name| name.parse::<SettingName>());
    change.unset = unset.collect::<Result<_>>()?;
    Ok(change)
}

/// Reads the options of `set_networks`.
pub fn networks_options(options: Value, dialect: Dialect) -> Result<NetworksChange> {
    let options: NetworksOptions = dialect.read(options)?;
    let mut change = NetworksChange::default();
    change.allow = changed(options.allow_from, |one| networks(&one))?;
    change.deny = changed(options.deny_from, |one| networks(&one))?;
    Ok(change)
}

fn changed<T, U>(named: Named<T>, read: impl FnOnce(T) -> Result<U>) -> Result<Change<U>> {
    match named {
        None => Ok(Change::Keep),
        Some(None) => Ok(Change::Lift),
        Some(Some(value)) => read(value).map(Change::Set),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_named_stays_and_null_lifts() {
        let change = alter_options(
            json!({ "memory": "1g", "cpus": null, "set": { "work_mem": "2MB" }, "unset": ["jit"] }),
            Dialect::Camel,
        );
        let change = change.unwrap();
        assert_eq!(
            change.to_string(),
            "memory=1G, cpus=none, jit=none, work_mem"
        );
        assert_eq!(change.pids, Change::Keep);
        let nothing = alter_options(json!({}), Dialect::Camel).unwrap();
        assert_eq!(nothing, SpecChange::default());
    }

    #[test]
    fn networks_are_set_and_lifted() {
        let change = networks_options(
            json!({ "allow_from": ["10.0.0.0/8"], "deny_from": null }),
            Dialect::Snake,
        );
        let told = change.unwrap().to_string();
        assert_eq!(told, "allow_from=10.0.0.0/8, deny_from=none");
        let nothing = networks_options(json!({}), Dialect::Snake).unwrap();
        assert!(nothing.is_empty());
    }
}

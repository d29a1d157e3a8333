use crate::{
    Dialect,
    size::{SettingValue, Written, bytes, cpus},
};
use pgs::{
    Access, Error, ErrorKind, InitScript, Network, PgMajor, Privilege, Result, Setting, TenantSpec,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a tenant is created with. The names are those of the flags of `pgs create`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CreateOptions {
    password: Option<String>,
    enable: bool,
    protect: bool,
    pg_version: Option<Written>,
    memory: Option<Written>,
    cpus: Option<Written>,
    pids: Option<u32>,
    shm: Option<Written>,
    max_connections: Option<u32>,
    settings: BTreeMap<String, SettingValue>,
    superuser: bool,
    allow_from: Vec<String>,
    deny_from: Vec<String>,
    init_scripts: Vec<ScriptOptions>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptOptions {
    name: String,
    sql: String,
    #[serde(default)]
    as_admin: bool,
}

/// Reads the options of `create`.
pub fn create_options(options: Value, dialect: Dialect) -> Result<TenantSpec> {
    let options: CreateOptions = dialect.read(options)?;
    let mut spec = TenantSpec::default();
    spec.password = options.password.map(|text| text.parse()).transpose()?;
    spec.protected = options.protect;
    if options.enable {
        spec.access = Access::Enabled;
    }
    if options.superuser {
        spec.instance.privilege = Privilege::Superuser;
    }
    if let Some(version) = options.pg_version {
        spec.instance.pg_version = Some(version.to_string().parse::<PgMajor>()?);
    }
    let limits = &mut spec.instance.limits;
    let size =
        |option, written: Option<Written>| written.map(|one| bytes(option, &one)).transpose();
    limits.memory = size("memory", options.memory)?;
    limits.shm = size("shm", options.shm)?;
    limits.cpus = options.cpus.map(|one| cpus("cpus", &one)).transpose()?;
    limits.pids = options.pids;
    limits.max_connections = options.max_connections;
    spec.instance.settings = settings(&options.settings)?;
    spec.networks.allow = networks(&options.allow_from)?;
    spec.networks.deny = networks(&options.deny_from)?;
    spec.init_scripts = scripts(options.init_scripts, dialect)?;
    Ok(spec)
}

/// Reads the scripts of `run_init_scripts`.
pub fn init_scripts(list: Value, dialect: Dialect) -> Result<Vec<InitScript>> {
    #[derive(Debug, Deserialize)]
    struct List {
        scripts: Vec<ScriptOptions>,
    }
    let named = Map::from_iter([("scripts".to_owned(), list)]);
    let list: List = dialect.read(Value::Object(named))?;
    scripts(list.scripts, dialect)
}

fn scripts(scripts: Vec<ScriptOptions>, dialect: Dialect) -> Result<Vec<InitScript>> {
    let scripts = scripts.into_iter().map(|options| {
        if options.name.trim().is_empty() {
            let option = dialect.name("init_scripts");
            let message = format!("option `{option}`: the name of a script is empty");
            return Err(Error::new(ErrorKind::InvalidInput, message)
                .with_remedy("name it after its file: a name that was run is not run again"));
        }
        let script = InitScript::new(options.name, options.sql);
        Ok(if options.as_admin {
            script.as_admin()
        } else {
            script
        })
    });
    scripts.collect()
}

pub(crate) fn settings(settings: &BTreeMap<String, SettingValue>) -> Result<Vec<Setting>> {
    let settings = settings.iter();
    settings
        .map(|(name, value)| format!("{name}={value}").parse())
        .collect()
}

pub(crate) fn networks(networks: &[String]) -> Result<Vec<Network>> {
    networks.iter().map(|network| network.parse()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_option_reaches_the_spec() {
        let spec = create_options(
            json!({
                "password": "s3cret", "enable": true, "protect": true, "pgVersion": 18, "memory": "512m", "cpus": 0.5,
                "pids": 100, "shm": "64m", "maxConnections": 7, "settings": { "work_mem": "16MB", "jit": false },
                "superuser": true, "allowFrom": ["10.0.0.0/8"], "denyFrom": ["10.0.0.1"],
                "initScripts": [{ "name": "a.sql", "sql": "select 1", "asAdmin": true }],
            }),
            Dialect::Camel,
        );
        let spec = spec.unwrap();
        assert_eq!(spec.password.unwrap().reveal(), "s3cret");
        assert_eq!(spec.access, Access::Enabled);
        assert!(spec.protected);
        let instance = &spec.instance;
        assert_eq!(instance.pg_version.map(PgMajor::number), Some(18));
        assert_eq!(instance.limits.memory.unwrap().bytes(), 512 << 20);
        assert_eq!(instance.limits.cpus.unwrap().millis(), 500);
        assert_eq!(instance.limits.pids, Some(100));
        assert_eq!(instance.limits.shm.unwrap().bytes(), 64 << 20);
        assert_eq!(instance.limits.max_connections, Some(7));
        let settings: Vec<_> = instance.settings.iter().map(ToString::to_string).collect();
        assert_eq!(settings, ["jit=off", "work_mem=16MB"]);
        assert_eq!(instance.privilege, Privilege::Superuser);
        assert_eq!(spec.networks.allow, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(spec.networks.deny, ["10.0.0.1".parse().unwrap()]);
        assert_eq!(
            spec.init_scripts,
            [InitScript::new("a.sql", "select 1").as_admin()]
        );
    }

    #[test]
    fn nothing_means_the_defaults_and_access_disabled() {
        let spec = create_options(json!({}), Dialect::Snake).unwrap();
        assert_eq!(spec.access, Access::Disabled);
        assert_eq!(spec.instance, pgs::InstanceSpec::default());
        assert!(spec.password.is_none() && !spec.protected);
    }

    #[test]
    fn no_number_becomes_another_one() {
        for options in [
            json!({ "pids": -1 }),
            json!({ "pids": 0.5 }),
            json!({ "pids": 4_294_967_296_u64 }),
            json!({ "maxConnections": null, "pids": "many" }),
            json!({ "cpus": -0.5 }),
            json!({ "memory": "12 apples" }),
            json!({ "pgVersion": 18.5 }),
            json!({ "pgVersion": 9 }),
            json!({ "allowFrom": ["everywhere"] }),
            json!({ "settings": { "fsync": false } }),
            json!({ "initScripts": [{ "name": " ", "sql": "" }] }),
            json!({ "memroy": "512m" }),
        ] {
            let refused = create_options(options.clone(), Dialect::Camel);
            assert!(refused.is_err(), "{options}");
        }
    }
}

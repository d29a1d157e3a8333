use crate::{Dialect, serve::list_the_address};
use pgs::{Config, Error, ErrorKind, Result};
use serde_json::{Map, Value};
use std::{fs, path::Path};

/// What a manager is opened with.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// All of it.
    pub config: Config,
    /// The keys that were named.
    keys: Map<String, Value>,
    /// The state directory that was named beside a file, not in it.
    pub(crate) named_state_dir: Option<String>,
}

impl OpenOptions {
    /// The keys that were named of a section.
    pub(crate) fn section(&self, name: &str) -> Map<String, Value> {
        let section = self.keys.get(name).and_then(Value::as_object);
        section.cloned().unwrap_or_default()
    }
}

/// Reads the options of `open` and `ephemeral`: the keys of `pgs.toml`, and `config`, the path of such a file, over whose
/// keys the other options win; `listen` of its section `serve` may be one address.
pub fn open_options(options: Value, dialect: Dialect) -> Result<OpenOptions> {
    let mut options = dialect.snake(options)?;
    let named_state_dir = options.get("state_dir").and_then(Value::as_str);
    let named_state_dir = named_state_dir.map(str::to_owned);
    let file = options.as_object_mut().and_then(|map| map.remove("config"));
    let mut all = match file {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(Value::String(path)) => keys_of(Path::new(&path))?,
        Some(other) => {
            let message = format!("option `config`: `{other}` is no path");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
    };
    if let Some(Value::Object(serve)) = options.get_mut("serve") {
        list_the_address(serve);
    }
    put_over(&mut all, options);
    Ok(OpenOptions {
        config: dialect.read_snake(all.clone())?,
        keys: match all {
            Value::Object(keys) => keys,
            _ => Map::new(),
        },
        named_state_dir,
    })
}

/// What the file says, once it is known to be a good one.
fn keys_of(path: &Path) -> Result<Value> {
    Config::load(path)?;
    let failed = |source| {
        let message = format!("the configuration `{}` cannot be read", path.display());
        Error::io(message, source)
    };
    let text = fs::read_to_string(path).map_err(failed)?;
    toml::from_str(&text).map_err(|source| {
        let message = format!("the configuration `{}` is not understood", path.display());
        Error::new(ErrorKind::InvalidInput, message).with_source(source)
    })
}

/// Key by key, down to the values.
pub(crate) fn put_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                put_over(below.entry(name).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs::ProvisionerKind;
    use serde_json::json;
    use std::path::PathBuf;

    #[test]
    fn the_keys_are_those_of_the_configuration() {
        let config = open_options(
            json!({ "stateDir": "/s", "provisioner": "docker", "trashDays": 3, "docker": { "startSeconds": 5 },
                "local": { "bindir": { "18": "/b" } } }),
            Dialect::Camel,
        );
        let config = config.unwrap().config;
        assert_eq!(config.state_dir, Some("/s".into()));
        assert_eq!(config.provisioner, ProvisionerKind::Docker);
        assert_eq!(config.trash_days, 3);
        assert_eq!(config.docker.start_seconds, 5);
        assert_eq!(config.local.bindir["18"], PathBuf::from("/b"));
        for wrong in [
            json!({ "trashDays": 1e300 }),
            json!({ "stateDirectory": "/s" }),
        ] {
            assert!(
                open_options(wrong.clone(), Dialect::Camel).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_section_serve_may_have_one_address() {
        for listen in [json!("127.0.0.1:5432"), json!(["127.0.0.1:5432"])] {
            let options = json!({ "serve": { "listen": listen } });
            let options = open_options(options, Dialect::Camel).unwrap();
            assert_eq!(options.config.serve.listen, ["127.0.0.1:5432"]);
            let served = crate::serve_options(&options, json!({}), Dialect::Camel).unwrap();
            assert_eq!(served.config.serve.listen, ["127.0.0.1:5432"]);
        }
        let wrong = json!({ "serve": { "listen": 5432 } });
        let refused = open_options(wrong, Dialect::Camel).unwrap_err().to_string();
        assert!(refused.contains("`serve.listen`"), "{refused}");
    }

    #[test]
    fn options_win_over_the_file() {
        let dir = testkit::state_dir();
        let file = dir.path().join("pgs.toml");
        fs::write(
            &file,
            "state_dir = \"/file\"\ntrash_days = 9\n[serve]\nmax_sessions = 7\ndrain_seconds = 3\n",
        )
        .unwrap();
        let config = open_options(
            json!({ "config": file, "stateDir": "/option", "serve": { "maxSessions": 8 } }),
            Dialect::Camel,
        );
        let config = config.unwrap().config;
        assert_eq!(config.state_dir, Some("/option".into()));
        assert_eq!(config.trash_days, 9);
        assert_eq!(
            (config.serve.max_sessions, config.serve.drain_seconds),
            (8, 3)
        );
    }
}

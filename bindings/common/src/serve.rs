use crate::{Dialect, OpenOptions, open::put_over};
use pgs::{Config, Error, ErrorKind, Result};
use serde_json::{Map, Value};

/// How to serve: the section `[serve]` of `pgs.toml`, and what `pgs serve` does by itself or has flags for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Its section `serve` is what counts.
    pub config: Config,
    /// Whether a later process may take over.
    pub replaceable: bool,
    /// Whether it takes over from the process that serves this state directory.
    pub takeover: bool,
    /// Whether `pgs top` and `pgs show` may ask it.
    pub status_socket: bool,
}

/// Reads the options of `serve`. They win, key by key, over the section `serve` that the manager was opened with; `listen` may
/// be one address.
///
/// Unlike `pgs serve` it listens on a free port of 127.0.0.1 unless one of them says otherwise: a part of an application must
/// not fight for 5432.
pub fn serve_options(
    opened: &OpenOptions,
    options: Value,
    dialect: Dialect,
) -> Result<ServeOptions> {
    let mut options = object(dialect.snake(options)?)?;
    let mut switch = |name| take_switch(&mut options, name, dialect);
    let (replaceable, takeover) = (switch("replaceable")?, switch("takeover")?);
    let status_socket = switch("status_socket")?;
    list_the_address(&mut options);
    let mut section = opened.section("serve");
    if names_an_address(&options) {
        section.retain(|name, _| !ADDRESSES.contains(&name.as_str()));
    }
    let mut section = Value::Object(section);
    put_over(&mut section, Value::Object(options));
    let mut config = opened.config.clone();
    config.serve = dialect.read_snake(section)?;
    if config.serve.listen.is_empty() && config.serve.listener.is_empty() {
        config.serve.listen.push(ANY_PORT.to_owned());
    }
    Ok(ServeOptions {
        config,
        replaceable,
        takeover,
        status_socket,
    })
}

/// One address to listen at is a list of one.
pub(crate) fn list_the_address(section: &mut Map<String, Value>) {
    if let Some(listen) = section.get_mut("listen")
        && listen.is_string()
    {
        *listen = Value::Array(vec![listen.take()]);
    }
}

fn object(options: Value) -> Result<Map<String, Value>> {
    match options {
        Value::Object(options) => Ok(options),
        Value::Null => Ok(Map::new()),
        other => {
            let message = format!("`{other}` is no object with options");
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
    }
}

fn take_switch(options: &mut Map<String, Value>, name: &str, dialect: Dialect) -> Result<bool> {
    match options.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(switch)) => Ok(switch),
        Some(other) => {
            let name = dialect.name(name);
            let message = format!("option `{name}`: `{other}` is neither true nor false");
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
    }
}

fn names_an_address(options: &Map<String, Value>) -> bool {
    ADDRESSES.iter().any(|name| options.contains_key(*name))
}

/// The options that say where to listen.
const ADDRESSES: [&str; 2] = ["listen", "listener"];
const ANY_PORT: &str = "127.0.0.1:0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open_options;
    use serde_json::json;

    fn serve(opened: Value, options: Value) -> Result<ServeOptions> {
        let opened = open_options(opened, Dialect::Camel)?;
        serve_options(&opened, options, Dialect::Camel)
    }

    #[test]
    fn it_listens_on_a_free_port_unless_told_otherwise() {
        let listen = |opened, options| serve(opened, options).unwrap().config.serve.listen;
        assert_eq!(listen(json!({}), json!({})), [ANY_PORT]);
        assert_eq!(
            listen(json!({}), json!({ "listen": "[::1]:1" })),
            ["[::1]:1"]
        );
        let opened = json!({ "serve": { "listen": ["127.0.0.1:2"], "maxSessions": 5 } });
        assert_eq!(listen(opened.clone(), json!({})), ["127.0.0.1:2"]);
        let both = serve(
            opened,
            json!({ "listen": ["127.0.0.1:3"], "drainSeconds": 1 }),
        )
        .unwrap();
        assert_eq!(both.config.serve.listen, ["127.0.0.1:3"]);
        assert_eq!(both.config.serve.max_sessions, 5);
        assert_eq!(both.config.serve.drain_seconds, 1);
    }

    #[test]
    fn the_flags_of_the_command_are_options_too() {
        let options = json!({ "statusSocket": true, "takeover": false, "replaceable": true });
        let options = serve(json!({}), options).unwrap();
        assert!(options.status_socket && options.replaceable && !options.takeover);
        for wrong in [
            json!({ "statusSocket": "yes" }),
            json!({ "lisen": "127.0.0.1:0" }),
            json!({ "drainSeconds": 1e9 }),
            json!("127.0.0.1:5432"),
        ] {
            assert!(serve(json!({}), wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_listener_has_a_policy_of_its_own() {
        let options =
            json!({ "listener": [{ "address": "127.0.0.1:0", "keys": ["role.tenant"] }] });
        let options = serve(json!({}), options).unwrap();
        assert!(options.config.serve.listen.is_empty());
        assert_eq!(options.config.serve.listener.len(), 1);
    }
}

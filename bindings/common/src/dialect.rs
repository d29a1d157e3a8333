use pgs::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How a language writes the names of options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `maxConnections`, as in JavaScript.
    Camel,
    /// `max_connections`, as in Python.
    Snake,
}

impl Dialect {
    /// Reads options. One that is not known, or whose value is none of its type, is an error that names it as it was
    /// written.
    pub(crate) fn read<T: DeserializeOwned>(self, options: Value) -> Result<T> {
        self.read_snake(self.snake(options)?)
    }

    /// The same options under their names in snake case.
    pub(crate) fn snake(self, options: Value) -> Result<Value> {
        match self {
            Self::Camel => renamed(options),
            Self::Snake => Ok(options),
        }
    }

    /// Reads options whose names are in snake case; mistakes are told in this dialect.
    pub(crate) fn read_snake<T: DeserializeOwned>(self, options: Value) -> Result<T> {
        serde_path_to_error::deserialize(options).map_err(|error| self.refused(&error))
    }

    /// An option's name in this dialect.
    pub(crate) fn name(self, option: &str) -> String {
        match self {
            Self::Camel => camel(option),
            Self::Snake => option.to_owned(),
        }
    }

    fn refused(self, error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
        let told = self.quoted_names(&error.inner().to_string());
        let (told, remedy) = match told.strip_suffix(", expected a sequence") {
            Some(found) if found.starts_with("invalid type: string") => (
                format!("{found}, expected a list"),
                Some("put it into a list, even if it is the only one"),
            ),
            _ => (told, None),
        };
        let path = error.path().to_string();
        let message = if path == "." || told.starts_with("unknown field") {
            told.replacen("unknown field", "there is no option", 1)
        } else {
            format!("option `{}`: {told}", self.name(&path))
        };
        let error = Error::new(ErrorKind::InvalidInput, message);
        match remedy {
            Some(remedy) => error.with_remedy(remedy),
            None => error,
        }
    }

    /// The same text with the names between backticks in this dialect.
    fn quoted_names(self, text: &str) -> String {
        let parts = text.split('`').enumerate();
        let parts = parts.map(|(number, part)| match number % 2 {
            1 if is_a_name(part) => self.name(part),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("`")
    }
}

/// Options whose keys are not names of options: those of settings, versions.
const VERBATIM: [&str; 4] = ["settings", "set", "bindir", "images"];

/// The keys in snake case, at every depth. One that is in snake case already is not camel case, and so not known.
fn renamed(options: Value) -> Result<Value> {
    match options {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                if name.contains('_') {
                    let message = format!("there is no option `{name}`");
                    return Err(Error::new(ErrorKind::InvalidInput, message)
                        .with_remedy(format!("write it as `{}`", camel(&name))));
                }
                let is_verbatim = VERBATIM.contains(&name.as_str());
                let value = if is_verbatim { value } else { renamed(value)? };
                Ok((snake(&name), value))
            });
            fields.collect::<Result<_>>().map(Value::Object)
        }
        Value::Array(values) => {
            let values: Result<_> = values.into_iter().map(renamed).collect();
            values.map(Value::Array)
        }
        plain => Ok(plain),
    }
}

fn is_a_name(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(letters)
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut after_bar = false;
    for letter in name.chars() {
        match letter {
            '_' => after_bar = true,
            letter if after_bar => {
                camel.push(letter.to_ascii_uppercase());
                after_bar = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[derive(Default)]
    struct Options {
        max_sessions: Option<u32>,
        settings: std::collections::BTreeMap<String, String>,
        allow_from: Vec<String>,
    }

    fn read(dialect: Dialect, options: Value) -> Result<Options> {
        dialect.read(options)
    }

    #[test]
    fn both_dialects_are_read() {
        let options = read(
            Dialect::Camel,
            json!({ "maxSessions": 3, "settings": { "work_mem": "1MB" } }),
        );
        let options = options.unwrap();
        assert_eq!(options.max_sessions, Some(3));
        assert_eq!(options.settings["work_mem"], "1MB");
        let options = read(Dialect::Snake, json!({ "max_sessions": 3 })).unwrap();
        assert_eq!(options.max_sessions, Some(3));
    }

    #[test]
    fn a_mistake_is_named_as_it_was_written() {
        for (dialect, options, told) in [
            (
                Dialect::Camel,
                json!({ "maxSession": 3 }),
                "there is no option `maxSession`, expected one of `maxSessions`, `settings`, `allowFrom`",
            ),
            (
                Dialect::Snake,
                json!({ "max_session": 3 }),
                "there is no option `max_session`, expected one of `max_sessions`, `settings`, `allow_from`",
            ),
            (
                Dialect::Camel,
                json!({ "max_sessions": 3 }),
                "there is no option `max_sessions`",
            ),
            (
                Dialect::Camel,
                json!({ "maxSessions": -1 }),
                "option `maxSessions`: invalid value: integer `-1`, expected u32",
            ),
            (
                Dialect::Snake,
                json!({ "max_sessions": 1.5 }),
                "option `max_sessions`: invalid type: floating point `1.5`, expected u32",
            ),
        ] {
            let error = read(dialect, options).unwrap_err();
            assert_eq!(error.to_string(), told);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }
    #[test]
    fn a_text_is_no_list() {
        let options = json!({ "allowFrom": "10.0.0.0/8" });
        let error = read(Dialect::Camel, options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "option `allowFrom`: invalid type: string \"10.0.0.0/8\", expected a list"
        );
        assert!(error.remedy().unwrap().contains("into a list"));
    }
}

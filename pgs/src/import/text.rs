use pgs_core::{Error, ErrorKind, Result};
use serde_json::Value;

/// A place in a file that is being read, for what is to be said about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) service: &'a str,
}

impl At<'_> {
    /// An error about one key of the service; `what` reads after its name. It must not repeat a value that can be a secret.
    pub(super) fn wrong(&self, key: &str, what: &str, remedy: impl Into<String>) -> Error {
        let Self { file, service } = self;
        Error::new(
            ErrorKind::InvalidInput,
            format!("{file}: service `{service}`: `{key}` {what}"),
        )
        .with_remedy(remedy)
    }

    /// The same error, with the place in front.
    pub(super) fn about(&self, key: &str, cause: &Error) -> Error {
        let remedy = cause.remedy().unwrap_or("correct it").to_owned();
        self.wrong(key, &format!("is wrong: {cause}"), remedy)
    }

    /// The text of a value, by the rules of Compose.
    pub(super) fn text(&self, key: &str, value: &Value) -> Result<String> {
        match value {
            Value::String(text) => self.substituted(key, text),
            // Others may have been written otherwise, such as 0123 or 1e5.
            Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
            _ => Err(self.wrong(key, "is no text", "put it into quotes")),
        }
    }

    /// What `$` stands for is in the environment of whoever calls Compose: only `$$` means the same everywhere.
    pub(super) fn substituted(&self, key: &str, text: &str) -> Result<String> {
        let plain = text.replace("$$", "");
        if plain.contains('$') {
            return Err(self.wrong(
                key,
                "has a variable in it",
                "have Compose write the file without variables, `docker compose config > other/docker-compose.yml`, put a copy of tenant-access.json beside it, and import that folder; a `$` of its own is written `$$`",
            ));
        }
        Ok(text.replace("$$", "$"))
    }
}

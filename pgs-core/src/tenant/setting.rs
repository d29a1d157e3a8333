use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Settings that pgs itself keeps, because isolation or safety hang on them.
const RESERVED: &[&str] = &[
    "archive_library",
    "cluster_name",
    "config_file",
    "data_directory",
    "event_source",
    "external_pid_file",
    "fsync",
    "full_page_writes",
    "hba_file",
    "ident_file",
    "include",
    "include_dir",
    "include_if_exists",
    "listen_addresses",
    "log_directory",
    "log_filename",
    "logging_collector",
    "password_encryption",
    "port",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
];

/// One `PostgreSQL` setting for one tenant, written `name=value` (`PostgreSQL` manual, chapter 19).
///
/// - the name is `[a-z_][a-z0-9_]*`, with dots between the parts of an extension's setting
/// - the value has no line break and no NUL byte
/// - settings that isolation or durability hang on (`listen_addresses`, `fsync`, ...) belong to pgs and are refused
///
/// ```
/// use pgs_core::Setting;
///
/// let setting: Setting = "work_mem=16MB".parse()?;
/// assert_eq!((setting.name(), setting.value()), ("work_mem", "16MB"));
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Setting {
    name: String,
    value: String,
}

impl Setting {
    /// The setting's name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as `SHOW` would print it.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The line for a configuration file, quoted (`PostgreSQL` manual, section 19.1.2).
    #[must_use]
    pub fn config_line(&self) -> String {
        format!(
            "{} = '{}'",
            self.name,
            self.value.replace('\\', "\\\\").replace('\'', "''")
        )
    }
}

impl FromStr for Setting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(refused(
                text,
                "has no `=`",
                "write it as name=value, such as work_mem=16MB",
            ));
        };
        let name = name.trim().to_ascii_lowercase();
        if !is_name(&name) {
            return Err(refused(
                text,
                "has a name that is not an identifier",
                "write it as name=value, such as work_mem=16MB",
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(refused(
                text,
                "belongs to pgs",
                "leave it out: isolation and durability hang on it",
            ));
        }
        if value.contains(['\n', '\r', '\0']) {
            return Err(refused(
                text,
                "has a line break or a NUL byte in its value",
                "give the value on one line",
            ));
        }
        Ok(Self {
            name,
            value: value.trim().to_owned(),
        })
    }
}

/// Whether this is the name of a setting, in lower case.
pub(super) fn is_name(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

fn is_identifier(part: &str) -> bool {
    part.bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn refused(text: &str, rule: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("setting `{text}` {rule}")).with_remedy(remedy)
}

impl TryFrom<String> for Setting {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Setting> for String {
    fn from(setting: Setting) -> Self {
        setting.to_string()
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_escape_its_quotes() {
        let setting: Setting = r"search_path=a'; \drop".parse().unwrap();
        assert_eq!(setting.config_line(), r"search_path = 'a''; \\drop'");
    }

    #[test]
    fn settings_of_isolation_and_durability_are_refused() {
        for text in [
            "fsync=off",
            "FSYNC = off",
            "listen_addresses=*",
            "hba_file=/x",
            "port=1",
            "unix_socket_directories=/tmp",
            "include=/etc/hostname",
        ] {
            assert_eq!(
                text.parse::<Setting>().unwrap_err().kind(),
                ErrorKind::InvalidInput,
                "{text}"
            );
        }
    }

    #[test]
    fn malformed_settings_are_named() {
        for text in ["", "work_mem", "=1", "a b=1", "a..b=1", "include=x\ny"] {
            assert!(
                text.parse::<Setting>()
                    .unwrap_err()
                    .to_string()
                    .contains(text)
            );
        }
    }
}

use super::setting::is_name;
use crate::{Error, ErrorKind, Result};
use std::{fmt, str::FromStr};

/// The name of a `PostgreSQL` setting: `[a-z_][a-z0-9_]*`, with dots between the parts of an extension's setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingName(String);

impl SettingName {
    /// The name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SettingName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        if is_name(&name) {
            return Ok(Self(name));
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("`{text}` is not the name of a setting"),
        )
        .with_remedy("write it without a value, such as work_mem"))
    }
}

impl fmt::Display for SettingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_part_of_a_name() {
        let name: SettingName = "Auto_Explain.log_timing".parse().unwrap();
        assert_eq!(name.as_str(), "auto_explain.log_timing");
        for text in ["", "work_mem=1MB", "a b", "a..b"] {
            let error = text.parse::<SettingName>().unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}

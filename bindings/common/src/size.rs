use pgs::{ByteSize, Cpus, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::Number;
use std::fmt;

/// A value that may be written as text or as a number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a text or a number")]
pub(crate) enum Written {
    Text(String),
    Number(Number),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            // JavaScript has one kind of number: a whole one may come as 2.0.
            Self::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => write!(f, "{float}"),
                _ => write!(f, "{number}"),
            },
        }
    }
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a text, a number, true or false")]
pub(crate) enum SettingValue {
    Switch(bool),
    Plain(Written),
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(true) => f.write_str("on"),
            Self::Switch(false) => f.write_str("off"),
            Self::Plain(written) => written.fmt(f),
        }
    }
}

pub(crate) fn bytes(option: &str, written: &Written) -> Result<ByteSize> {
    parsed(option, written)
}

pub(crate) fn cpus(option: &str, written: &Written) -> Result<Cpus> {
    parsed(option, written)
}

fn parsed<T: std::str::FromStr<Err = Error>>(option: &str, written: &Written) -> Result<T> {
    written.to_string().parse().map_err(|error: Error| {
        let wrapped = Error::new(
            ErrorKind::InvalidInput,
            format!("option `{option}`: {error}"),
        );
        match error.remedy() {
            Some(remedy) => wrapped.with_remedy(remedy),
            None => wrapped,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn written(value: serde_json::Value) -> Written {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn sizes_are_texts_or_numbers_of_bytes() {
        for value in [json!("64k"), json!(65_536), json!(65_536.0)] {
            assert_eq!(bytes("memory", &written(value)).unwrap().bytes(), 65_536);
        }
        let error = bytes("memory", &written(json!(-1))).unwrap_err();
        assert!(error.to_string().contains("`memory`"), "{error}");
        assert!(error.to_string().contains("-1"), "{error}");
    }

    #[test]
    fn settings_are_written_as_postgresql_writes_them() {
        for (value, text) in [
            (json!(true), "on"),
            (json!(false), "off"),
            (json!(2.0), "2"),
            (json!(0.5), "0.5"),
            (json!("16MB"), "16MB"),
        ] {
            let value: SettingValue = serde_json::from_value(value).unwrap();
            assert_eq!(value.to_string(), text);
        }
    }
}

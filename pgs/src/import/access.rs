use super::folder::ACCESS_FILE;
use pgs_core::{Access, Error, ErrorKind, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who may come in, by the names that the old tool gives its tenants: `{"acme": true}` or `{"acme": {"enabled": true}}`.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, Access>> {
    let wrong = |what: String| {
        Error::new(ErrorKind::InvalidInput, format!("{ACCESS_FILE}: {what}"))
            .with_remedy("write it as {\"tenant\": true} or {\"tenant\": {\"enabled\": true}}")
    };
    let root: Value =
        serde_json::from_str(text).map_err(|error| wrong(format!("it is no JSON: {error}")))?;
    let Some(entries) = root.as_object() else {
        return Err(wrong("it is no object".to_owned()));
    };
    let read = |(tenant, value): (&String, &Value)| {
        let enabled = value.as_bool().or_else(|| value.get("enabled")?.as_bool());
        match enabled {
            Some(true) => Ok((tenant.clone(), Access::Enabled)),
            Some(false) => Ok((tenant.clone(), Access::Disabled)),
            None => Err(wrong(format!(
                "tenant `{tenant}` has neither true nor false"
            ))),
        }
    };
    entries.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_understood() {
        let access = read(r#"{"a": true, "b": {"enabled": false, "since": 1}}"#).unwrap();
        assert_eq!(access["a"], Access::Enabled);
        assert_eq!(access["b"], Access::Disabled);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            (r#"{"acme": "yes"}"#, "`acme`"),
            (r#"{"acme": {"open": true}}"#, "`acme`"),
            ("[]", "no object"),
            ("{", "no JSON"),
        ] {
            let error = read(text).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(ACCESS_FILE) && said.contains(named), "{said}");
        }
    }
}

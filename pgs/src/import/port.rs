use super::text::At;
use pgs_core::Result;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the host has published the server's port: the first entry of `ports` that is about it and names one.
pub(super) fn published(at: At<'_>, ports: &Value) -> Result<Option<SocketAddr>> {
    let Some(entries) = ports.as_array() else {
        return Err(at.wrong(
            "ports",
            "is no list",
            "write it as `- \"127.0.0.1:15432:5432\"`",
        ));
    };
    for entry in entries {
        let found = if entry.is_object() {
            in_long_form(at, entry)?
        } else {
            in_short_form(at, &at.text("ports", entry)?)?
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn in_long_form(at: At<'_>, entry: &Value) -> Result<Option<SocketAddr>> {
    let text = |key: &str| match entry.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => at.text("ports", value).map(Some),
    };
    match (text("target")?.as_deref(), text("published")?) {
        (Some(SERVER), Some(port)) => address(at, text("host_ip")?.as_deref(), &port),
        _ => Ok(None),
    }
}

/// `[[host:]published:]target[/protocol]`
fn in_short_form(at: At<'_>, entry: &str) -> Result<Option<SocketAddr>> {
    let entry = entry.split('/').next().unwrap_or_default();
    let Some((front, SERVER)) = entry.rsplit_once(':') else {
        return Ok(None);
    };
    match front.rsplit_once(':') {
        Some((host, port)) => address(at, Some(host), port),
        None => address(at, None, front),
    }
}

/// None where the engine chooses the port.
fn address(at: At<'_>, host: Option<&str>, port: &str) -> Result<Option<SocketAddr>> {
    if port.is_empty() || port.contains('-') {
        return Ok(None);
    }
    let wrong = |what: &str| {
        at.wrong(
            "ports",
            &format!("has `{what}`, which is not understood"),
            "write it as `\"127.0.0.1:15432:5432\"`",
        )
    };
    let port: u16 = port.parse().map_err(|_| wrong(port))?;
    let host = host.unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ip = if host.is_empty() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        host.parse::<IpAddr>().map_err(|_| wrong(host))?
    };
    let everywhere = ip.is_unspecified();
    let ip = if everywhere {
        Ipv4Addr::LOCALHOST.into()
    } else {
        ip
    };
    Ok(Some(SocketAddr::new(ip, port)))
}

const SERVER: &str = "5432";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const AT: At<'_> = At {
        file: "docker-compose.yml",
        service: "acme",
    };

    #[test]
    fn every_form_is_understood() {
        for (ports, address) in [
            (json!(["15432:5432"]), Some("127.0.0.1:15432")),
            (json!(["127.0.0.1:15432:5432/tcp"]), Some("127.0.0.1:15432")),
            (json!(["0.0.0.0:15432:5432"]), Some("127.0.0.1:15432")),
            (json!(["[::1]:15432:5432"]), Some("[::1]:15432")),
            (json!(["8080:80", "15432:5432"]), Some("127.0.0.1:15432")),
            (
                json!([{"target": 5432, "published": "15432"}]),
                Some("127.0.0.1:15432"),
            ),
            (
                json!([{"target": 5432, "published": 15432, "host_ip": "10.0.0.7", "mode": "ingress"}]),
                Some("10.0.0.7:15432"),
            ),
            (json!(["5432"]), None),
            (json!([5432]), None),
            (json!(["15000-15010:5432"]), None),
            (json!([]), None),
        ] {
            let address = address.map(|address| address.parse().unwrap());
            assert_eq!(published(AT, &ports).unwrap(), address, "{ports}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (ports, named) in [
            (json!("15432:5432"), "`ports` is no list"),
            (json!(["many:5432"]), "`many`"),
            (json!(["here:1:5432"]), "`here`"),
            (json!(["${PORT}:5432"]), "variable"),
        ] {
            let error = published(AT, &ports).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
            assert!(error.remedy().is_some());
        }
    }
}

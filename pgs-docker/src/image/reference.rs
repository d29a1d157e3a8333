use pgs_core::{Error, ErrorKind, Result};
use std::{fmt, str::FromStr};

/// The name of an image: `[host[:port]/]name[:tag][@digest]`, or the id of one that the engine has.
///
/// - the first part is a registry when it has a dot or a colon in it, or is `localhost`; else the image is Docker Hub's;
/// - the parts of the name are lowercase letters and digits, with `.`, `_` or `-` between them;
/// - without a tag and a digest, the tag is `latest`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    registry: Option<String>,
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// The registry as `docker login` takes it.
    pub(crate) fn registry(&self) -> &str {
        self.registry.as_deref().unwrap_or("docker.io")
    }

    /// The name under which the Docker command's configuration keeps the registry's credentials.
    pub(crate) fn credentials_key(&self) -> &str {
        match self.registry() {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" => HUB,
            other => other,
        }
    }

    /// What the engine lists its digests under: the registry and the name, without a tag.
    pub(crate) fn repository(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether this is the id of an image, which no registry can be asked for.
    pub(crate) fn is_id(&self) -> bool {
        self.registry.is_none() && self.name == "sha256" && self.tag.as_deref().is_some_and(is_hash)
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || {
            let message = format!("`{text}` is not the name of an image");
            Error::new(ErrorKind::InvalidInput, message).with_remedy(GRAMMAR)
        };
        let (rest, digest) = split(text, '@');
        let (registry, path) = split_registry(rest);
        let (name, tag) = split(path, ':');
        let reference = Self {
            registry: registry.map(str::to_owned),
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        };
        if reference.is_valid() {
            Ok(reference.tagged())
        } else {
            Err(refused())
        }
    }
}

impl Reference {
    fn is_valid(&self) -> bool {
        self.registry.as_deref().is_none_or(is_host)
            && self.name.len() <= 255
            && self.name.split('/').all(is_part)
            && self.tag.as_deref().is_none_or(is_tag)
            && self.digest.as_deref().is_none_or(is_digest)
    }

    fn tagged(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

fn split_registry(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => {
            (Some(host), path)
        }
        _ => (None, text),
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, "")) => return address.parse::<std::net::Ipv6Addr>().is_ok(),
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => {
                ("v6", port.strip_prefix(':').or(Some("")))
            }
            _ => return false,
        },
        None => split(text, ':'),
    };
    let letters = |label: &str| {
        label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(|label| {
        !label.is_empty() && letters(label) && !label.starts_with('-') && !label.ends_with('-')
    }) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Lowercase letters and digits, with one `.`, one or two `_`, or any number of `-` between them.
fn is_part(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let words: Vec<_> = text
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .collect();
    let between =
        |gap: &&str| matches!(*gap, "" | "." | "_" | "__") || gap.bytes().all(|b| b == b'-');
    text.bytes().next().is_some_and(is_word)
        && text.bytes().last().is_some_and(is_word)
        && words.iter().all(between)
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

fn is_digest(text: &str) -> bool {
    matches!(text.split_once(':'), Some(("sha256", hash)) if is_hash(hash))
        || matches!(text.split_once(':'), Some(("sha512", hash)) if hash.len() == 128 && is_hex(hash))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

const HUB: &str = "https://index.docker.io/v1/";
const GRAMMAR: &str = "write it as [host[:port]/]name[:tag][@sha256:digest], such as postgres:18 or registry.example.com/db/postgres:18";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn an_image_without_a_host_is_docker_hubs() {
        for text in [
            "postgres:18",
            "library/postgres:18",
            "a/b/c",
            "docker.io/library/postgres:18",
        ] {
            assert_eq!(parse(text).registry(), "docker.io", "{text}");
            assert_eq!(parse(text).credentials_key(), HUB, "{text}");
        }
    }

    #[test]
    fn the_first_part_is_a_registry_when_it_looks_like_a_host() {
        for (text, registry) in [
            ("127.0.0.1:5000/x:1", "127.0.0.1:5000"),
            ("localhost/x", "localhost"),
            ("[::1]:5000/x", "[::1]:5000"),
            ("[::1]/x", "[::1]"),
            (
                "ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "ghcr.io",
            ),
        ] {
            assert_eq!(parse(text).registry(), registry);
            assert_eq!(parse(text).credentials_key(), registry);
        }
    }

    #[test]
    fn no_tag_and_no_digest_mean_latest() {
        let digest = format!("postgres@sha256:{}", "0a".repeat(32));
        assert_eq!(parse("postgres").to_string(), "postgres:latest");
        assert_eq!(
            parse("localhost:5000/a/x").to_string(),
            "localhost:5000/a/x:latest"
        );
        assert_eq!(
            parse("a__b/c-d.e:V_1.0-x").to_string(),
            "a__b/c-d.e:V_1.0-x"
        );
        assert_eq!(parse(&digest).to_string(), digest);
        assert_eq!(
            parse("localhost:5000/a/x:1").repository(),
            "localhost:5000/a/x"
        );
    }

    #[test]
    fn an_id_is_not_a_name() {
        assert!(parse(&format!("sha256:{}", "0a".repeat(32))).is_id());
        assert!(!parse("sha256:0a").is_id());
        assert!(!parse("postgres:18").is_id());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ":18",
            "postgres:",
            "postgres@",
            "Postgres:18",
            "postgres:18 ",
            "a//b",
            "/a",
            "a/",
            "-a",
            "a..b",
            "a___b",
            "postgres:-1",
            "postgres@sha256:0a",
            "postgres@md5:0a",
            "https://ghcr.io/x",
            "ghcr.io:port/x",
            "a.b:70000/x",
            "ghcr.io/",
            "postgres:18?x=1",
            "../../x",
            "p\u{f6}stgres",
            "[::g]/x",
            "[::1/x",
            "[::1]x/y",
            "postgres:{major}",
        ] {
            let error = text.parse::<Reference>().expect_err(text);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(text) && error.remedy().is_some());
        }
    }
}

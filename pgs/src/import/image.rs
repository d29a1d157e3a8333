use super::text::At;
use pgs_core::{PgMajor, Result};

/// What an image's name tells of the `PostgreSQL` in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// None where the tag does not tell.
    pub(super) pg_version: Option<PgMajor>,
    /// What a person should know about it.
    pub(super) note: Option<String>,
}

/// None for an image that is not `postgres` by name, wherever it comes from.
pub(super) fn read(at: At<'_>, reference: &str) -> Result<Option<Image>> {
    let name = reference.split('@').next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    let (name, tag) = name.split_once(':').unwrap_or((name, "latest"));
    if name != "postgres" {
        return Ok(None);
    }
    let digits: String = tag.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() {
        let note = format!(
            "the image `{reference}` names no version: it becomes the newest that is there"
        );
        return Ok(Some(Image {
            pg_version: None,
            note: Some(note),
        }));
    }
    let number = digits.parse().unwrap_or(u16::MAX);
    if number < PgMajor::OLDEST.number() {
        let oldest = PgMajor::OLDEST;
        let note = format!("PostgreSQL {number} is not supported: it becomes {oldest}");
        return Ok(Some(Image {
            pg_version: Some(oldest),
            note: Some(note),
        }));
    }
    let major = PgMajor::try_from(number).map_err(|error| at.about("image", &error))?;
    Ok(Some(Image {
        pg_version: Some(major),
        note: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: At<'_> = At {
        file: "docker-compose.yml",
        service: "acme",
    };

    fn version(reference: &str) -> Option<u16> {
        let image = read(AT, reference).unwrap().unwrap();
        image.pg_version.map(PgMajor::number)
    }

    #[test]
    fn the_tag_tells_the_version() {
        for (reference, major) in [
            ("postgres:18", Some(18)),
            ("postgres:16.4-alpine", Some(16)),
            ("docker.io/library/postgres:17", Some(17)),
            ("registry:5000/mirror/postgres:15@sha256:00", Some(15)),
            ("postgres:13", Some(15)),
            ("postgres:9.6", Some(15)),
            ("postgres", None),
            ("postgres:alpine", None),
        ] {
            assert_eq!(version(reference), major, "{reference}");
        }
    }

    #[test]
    fn other_images_are_no_tenants_and_newer_versions_are_refused() {
        for other in [
            "haproxy:2.9",
            "traefik:v3",
            "postgres-exporter",
            "postgrest/postgrest:12",
        ] {
            assert_eq!(read(AT, other).unwrap(), None, "{other}");
        }
        let error = read(AT, "postgres:19beta1").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("docker-compose.yml: service `acme`: `image`") && text.contains("19")
        );
    }
}

use super::Reference;
use bollard::models::ImageInspect;
use pgs_core::{Error, Result};
use std::collections::BTreeMap;

/// An image that the engine has.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// `sha256:` and the hash of its configuration.
    pub(crate) id: String,
    /// Its name with the hash of its manifest, as the registry knows it; an image that was built here has none.
    pub(crate) digest: Option<String>,
    pub(crate) env: BTreeMap<String, String>,
}

impl Image {
    pub(super) fn new(reference: &Reference, found: ImageInspect) -> Result<Self> {
        let id = found.id.filter(|id| !id.is_empty()).ok_or_else(|| {
            Error::internal(format!(
                "the Docker Engine gives no id for the image `{reference}`"
            ))
        })?;
        let config = found.config.unwrap_or_default();
        Ok(Self {
            id,
            digest: digest(reference, found.repo_digests.unwrap_or_default()),
            env: variables(&config.env.unwrap_or_default()),
        })
    }

    /// What containers are made from: it never means another image later, as a tag may.
    pub(crate) fn pinned(&self) -> &str {
        self.digest.as_deref().unwrap_or(&self.id)
    }

    /// The major version of `PostgreSQL` that it says it has.
    pub(crate) fn pg_major(&self) -> Option<u16> {
        self.env.get("PG_MAJOR")?.parse().ok()
    }
}

/// The digest under the name that was asked for, else any: an image may have several names.
fn digest(reference: &Reference, digests: Vec<String>) -> Option<String> {
    let own = format!("{}@", reference.repository());
    let found = digests.iter().position(|digest| digest.starts_with(&own));
    digests.into_iter().nth(found.unwrap_or_default())
}

fn variables(env: &[String]) -> BTreeMap<String, String> {
    let pairs = env.iter().filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

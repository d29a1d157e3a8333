//! What is written on a tenant's container and volume: enough to make its record anew.

use crate::{config::Transport, naming};
use pgs_core::{InstanceSpec, PgMajor, TenantId, TenantUid, provision::InstanceLabel};
use std::collections::HashMap;

/// The labels of one container or volume.
pub(crate) type Labels = HashMap<String, String>;

/// What only the provisioner needs to know of a container or a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Making {
    /// Whose container or volume it is, where several installations share an engine.
    pub(crate) installation: String,
    /// Counts a tenant's containers from 1: one is made anew where a change needs it.
    pub(crate) generation: u64,
    /// How its data directory came about.
    pub(crate) init: Init,
    /// What its container is made from, for ever.
    pub(crate) image: String,
    /// How its server is reached.
    pub(crate) transport: Transport,
    /// Stands for everything else that its container was made by; see [`recipe::fingerprint`](crate::recipe::fingerprint).
    pub(crate) recipe: String,
}

/// How a data directory comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Init {
    /// As a copy of a template.
    Template,
    /// By the image's own scripts, with `/docker-entrypoint-initdb.d`.
    Image,
}

impl Init {
    fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Image => "image",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Template, Self::Image]
            .into_iter()
            .find(|init| init.name() == name)
    }
}

pub(crate) fn write(label: &InstanceLabel, making: &Making) -> Labels {
    let spec = serde_json::to_string(&label.spec).unwrap_or_default();
    let pairs = [
        (INSTALLATION, making.installation.clone()),
        (UID, label.uid.to_string()),
        (TENANT, label.id.to_string()),
        (GENERATION, making.generation.to_string()),
        (INIT, making.init.name().to_owned()),
        (IMAGE, making.image.clone()),
        (TRANSPORT, making.transport.name().to_owned()),
        (RECIPE, making.recipe.clone()),
        (PG_VERSION, label.pg_version.to_string()),
        (SPEC, spec),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Whose it is; none without a label of ours.
pub(crate) fn uid(labels: &Labels) -> Option<TenantUid> {
    labels.get(UID)?.parse().ok()
}

/// The tenant's name when the label was written.
pub(crate) fn tenant(labels: &Labels) -> Option<&str> {
    labels.get(TENANT).map(String::as_str)
}

/// Whether it is this tenant's, of this installation: only then may it be changed or deleted.
pub(crate) fn is_of(labels: &Labels, installation: &str, tenant: TenantUid) -> bool {
    let ours = labels
        .get(INSTALLATION)
        .is_some_and(|owner| owner == installation);
    ours && uid(labels) == Some(tenant)
}

/// What was asked for; none where a label is missing or damaged.
pub(crate) fn read(labels: &Labels) -> Option<InstanceLabel> {
    let id: TenantId = labels.get(TENANT)?.parse().ok()?;
    let version: PgMajor = labels.get(PG_VERSION)?.parse().ok()?;
    let spec: InstanceSpec = serde_json::from_str(labels.get(SPEC)?).ok()?;
    Some(InstanceLabel::new(uid(labels)?, id, version, spec))
}

pub(crate) fn read_making(labels: &Labels) -> Option<Making> {
    Some(Making {
        installation: labels.get(INSTALLATION)?.clone(),
        generation: labels.get(GENERATION)?.parse().ok()?,
        init: Init::from_name(labels.get(INIT)?)?,
        image: labels.get(IMAGE)?.clone(),
        transport: transport(labels)?,
        recipe: labels.get(RECIPE)?.clone(),
    })
}

/// How the server in this container is reached.
pub(crate) fn transport(labels: &Labels) -> Option<Transport> {
    Transport::from_name(labels.get(TRANSPORT)?)
}

/// What marks a container that is there for a moment only, such as one that makes a template.
pub(crate) fn helper(installation: &str, purpose: &str) -> Labels {
    let pairs = [(INSTALLATION, installation), (HELPER, purpose)];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

pub(crate) fn is_helper(labels: &Labels) -> bool {
    labels.contains_key(HELPER)
}

/// The engine's filter for everything of this installation with this label.
pub(crate) fn filter(installation: &str, label: &str) -> HashMap<String, Vec<String>> {
    let ours = format!("{INSTALLATION}={installation}");
    HashMap::from([("label".to_owned(), vec![ours, label.to_owned()])])
}

/// The filter for everything of one tenant.
pub(crate) fn filter_of(installation: &str, uid: TenantUid) -> HashMap<String, Vec<String>> {
    filter(installation, &format!("{UID}={uid}"))
}

/// The volume of this tenant in words for a person.
pub(crate) fn volume_name(uid: TenantUid) -> String {
    format!("`{}`", naming::volume(uid))
}

pub(crate) const INSTALLATION: &str = "pgs.installation";
pub(crate) const UID: &str = "pgs.uid";
pub(crate) const HELPER: &str = "pgs.helper";
const TENANT: &str = "pgs.tenant";
const GENERATION: &str = "pgs.generation";
const INIT: &str = "pgs.init";
const IMAGE: &str = "pgs.image-digest";
const TRANSPORT: &str = "pgs.transport";
const RECIPE: &str = "pgs.recipe";
const PG_VERSION: &str = "pgs.pg-version";
const SPEC: &str = "pgs.spec";

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::Timestamp;

    fn label() -> InstanceLabel {
        let mut spec = InstanceSpec::default();
        spec.limits.memory = Some("256m".parse().unwrap());
        spec.settings.push("work_mem=16MB".parse().unwrap());
        let uid = TenantUid::new(Timestamp::from_millis(1));
        InstanceLabel::new(uid, "acme".parse().unwrap(), PgMajor::NEWEST, spec)
    }

    fn making() -> Making {
        Making {
            installation: "/state".to_owned(),
            generation: 3,
            init: Init::Template,
            image: "postgres@sha256:0123".to_owned(),
            transport: Transport::Bridge,
            recipe: "0123".to_owned(),
        }
    }

    #[test]
    fn a_record_can_be_made_from_labels_alone() {
        let label = label();
        let labels = write(&label, &making());
        assert_eq!(read(&labels), Some(label));
        assert_eq!(read_making(&labels), Some(making()));
    }

    #[test]
    fn what_is_anothers_is_not_ours() {
        let label = label();
        let labels = write(&label, &making());
        assert!(is_of(&labels, "/state", label.uid));
        assert!(!is_of(&labels, "/other", label.uid));
        assert!(!is_of(
            &labels,
            "/state",
            TenantUid::new(Timestamp::from_millis(2))
        ));
        assert!(!is_of(&Labels::new(), "/state", label.uid));
    }
}

use super::{ByteSize, Cpus, InstanceSpec, Setting, SettingName};
use std::fmt;

/// What is to become different about a tenant's server; by default, nothing.
///
/// ```
/// use pgs_core::{Change, InstanceSpec, SpecChange};
///
/// let mut change = SpecChange::default();
/// change.memory = Change::Set("512m".parse()?);
/// change.set.push("work_mem=16MB".parse()?);
/// let spec = change.applied_to(&InstanceSpec::default());
/// assert_eq!(spec.limits.memory, Some("512m".parse()?));
/// assert_eq!(change.to_string(), "memory=512M, work_mem");
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpecChange {
    /// Memory of all its processes together.
    pub memory: Change<ByteSize>,
    /// Processor time.
    pub cpus: Change<Cpus>,
    /// Processes and threads.
    pub pids: Change<u32>,
    /// Shared memory.
    pub shm: Change<ByteSize>,
    /// Sessions through the proxy at one time.
    pub max_connections: Change<u32>,
    /// Settings it is to have, each instead of its own of the same name.
    pub set: Vec<Setting>,
    /// Settings it is to have no longer; one that it does not have is no mistake.
    pub unset: Vec<SettingName>,
}

/// What is to become of one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this from now on.
    Set(T),
    /// There is none any more.
    Lift,
}

impl SpecChange {
    /// What this spec becomes by it.
    #[must_use]
    pub fn applied_to(&self, spec: &InstanceSpec) -> InstanceSpec {
        let mut spec = spec.clone();
        self.memory.apply(&mut spec.limits.memory);
        self.cpus.apply(&mut spec.limits.cpus);
        self.pids.apply(&mut spec.limits.pids);
        self.shm.apply(&mut spec.limits.shm);
        self.max_connections.apply(&mut spec.limits.max_connections);
        for name in &self.unset {
            spec.settings.retain(|own| own.name() != name.as_str());
        }
        for setting in &self.set {
            put(&mut spec.settings, setting);
        }
        spec
    }
}

/// The last of a name wins, so one that holds already stays where it is.
fn put(settings: &mut Vec<Setting>, setting: &Setting) {
    let holds = |own: &&Setting| own.name() == setting.name();
    if settings.iter().rev().find(holds) != Some(setting) {
        settings.retain(|own| own.name() != setting.name());
        settings.push(setting.clone());
    }
}

impl<T: Copy> Change<T> {
    fn apply(&self, limit: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Set(value) => *limit = Some(*value),
            Self::Lift => *limit = None,
        }
    }
}

impl<T: fmt::Display> Change<T> {
    fn told(&self, name: &str) -> Option<String> {
        match self {
            Self::Keep => None,
            Self::Set(value) => Some(format!("{name}={value}")),
            Self::Lift => Some(format!("{name}=none")),
        }
    }
}

/// What it is about. Settings are named without their values, which may be secrets.
impl fmt::Display for SpecChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = [
            self.memory.told("memory"),
            self.cpus.told("cpus"),
            self.pids.told("pids"),
            self.shm.told("shm"),
            self.max_connections.told("max_connections"),
        ];
        let unset = self.unset.iter().map(|name| format!("{name}=none"));
        let set = self.set.iter().map(|setting| setting.name().to_owned());
        let parts: Vec<_> = limits
            .into_iter()
            .flatten()
            .chain(unset)
            .chain(set)
            .collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(settings: &[&str]) -> InstanceSpec {
        InstanceSpec {
            settings: settings.iter().map(|text| text.parse().unwrap()).collect(),
            ..InstanceSpec::default()
        }
    }

    #[test]
    fn a_setting_takes_the_place_of_its_namesake() {
        let mut change = SpecChange::default();
        change.set.push("work_mem=2MB".parse().unwrap());
        let changed = change.applied_to(&spec(&["work_mem=1MB", "jit=off"]));
        assert_eq!(changed, spec(&["jit=off", "work_mem=2MB"]));
    }

    #[test]
    fn what_holds_already_changes_nothing() {
        let mut change = SpecChange::default();
        change.set.push("work_mem=2MB".parse().unwrap());
        change.unset.push("jit".parse().unwrap());
        change.memory = Change::Lift;
        let before = spec(&["work_mem=2MB", "geqo=off"]);
        assert_eq!(change.applied_to(&before), before);
    }

    #[test]
    fn limits_are_set_and_lifted() {
        let mut change = SpecChange {
            pids: Change::Set(100),
            ..SpecChange::default()
        };
        let limited = change.applied_to(&InstanceSpec::default());
        assert_eq!(limited.limits.pids, Some(100));
        change.pids = Change::Lift;
        assert_eq!(change.applied_to(&limited), InstanceSpec::default());
    }
}

//! A reader of `OpenMetrics` text that takes nothing which the specification does not allow.

use std::collections::{BTreeMap, BTreeSet};

/// One family: its type, and its samples by name and labels as they are written.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) unit: Option<String>,
    pub(crate) samples: BTreeMap<String, f64>,
}

pub(crate) type Families = BTreeMap<String, Family>;

pub(crate) fn read(text: &str) -> Families {
    let body = text.strip_suffix("# EOF\n").unwrap();
    let mut families = Families::new();
    let mut current = String::new();
    for line in body.lines() {
        match line.strip_prefix("# ") {
            Some(descriptor) => current = describe(descriptor, &current, &mut families),
            None => sample(line, families.get_mut(&current).unwrap(), &current),
        }
    }
    for (name, family) in &families {
        check(name, family);
    }
    families
}

/// The value of a sample, by its name and labels as they are written.
pub(crate) fn value(families: &Families, sample: &str) -> Option<f64> {
    let mut all = families.values();
    all.find_map(|family| family.samples.get(sample).copied())
}

fn describe(line: &str, current: &str, families: &mut Families) -> String {
    let [keyword, name, rest] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("not a descriptor: {line}");
    };
    assert!(
        name == current || !families.contains_key(name),
        "{name} is in two places"
    );
    let family = families.entry(name.to_owned()).or_default();
    assert!(family.samples.is_empty(), "{name} is described too late");
    let field = match keyword {
        "HELP" => &mut family.help,
        "TYPE" => &mut family.kind,
        "UNIT" => family.unit.insert(String::new()),
        other => panic!("{other} is no keyword"),
    };
    assert!(field.is_empty(), "{name} has two of {keyword}");
    rest.clone_into(field);
    name.to_owned()
}

fn sample(line: &str, family: &mut Family, name: &str) {
    let (sample, value) = line.rsplit_once(' ').unwrap();
    let suffixes: &[&str] = match &*family.kind {
        "counter" => &["_total"],
        "histogram" => &["_sum", "_count", "_bucket"],
        "info" => &["_info"],
        "gauge" => &[""],
        kind => panic!("{name} is a {kind}"),
    };
    let bare = sample.split('{').next().unwrap();
    let fits = suffixes
        .iter()
        .any(|suffix| bare == format!("{name}{suffix}"));
    assert!(fits, "{sample} is no sample of {name}");
    labels(sample);
    let value: f64 = value.parse().unwrap();
    let former = family.samples.insert(sample.to_owned(), value);
    assert!(former.is_none(), "{sample} is there twice");
}

fn labels(sample: &str) {
    let Some((_, labels)) = sample.split_once('{') else {
        return;
    };
    let labels = labels.strip_suffix('}').unwrap();
    let mut names = BTreeSet::new();
    for label in labels.split(',') {
        let (name, value) = label.split_once('=').unwrap();
        let value = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let value = value.unwrap();
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase()),
            "{sample}"
        );
        assert!(!value.contains(['"', '\\', '\n']), "{sample}");
        assert!(names.insert(name), "{sample} has two of {name}");
    }
}

fn check(name: &str, family: &Family) {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    assert!(
        name.starts_with("pgs_") && name.bytes().all(is_plain),
        "{name}"
    );
    assert!(!name.ends_with("_total"), "{name}");
    assert!(family.help.ends_with('.'), "{name}: {}", family.help);
    assert!(!family.kind.is_empty(), "{name} has no type");
    if let Some(unit) = &family.unit {
        assert!(name.ends_with(&format!("_{unit}")), "{name} in {unit}");
    }
    if family.kind == "histogram" {
        histogram(name, family);
    }
}

fn histogram(name: &str, family: &Family) {
    let prefix = format!("{name}_bucket{{le=\"");
    let buckets = family.samples.iter().filter_map(|(sample, count)| {
        let bound = sample.strip_prefix(&prefix)?.strip_suffix("\"}")?;
        Some((bound.parse::<f64>().unwrap(), *count))
    });
    let mut buckets: Vec<_> = buckets.collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{name}");
    let (last, all) = buckets.last().unwrap();
    assert!(last.is_infinite(), "{name}");
    assert!((all - family.samples[&format!("{name}_count")]).abs() < 0.5);
}

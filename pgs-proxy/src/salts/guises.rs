use super::KnownServer;
use pgs_core::{
    handshake::mock_scram::MockSecret,
    wire::{ErrorSource, ProtocolVersion},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// The servers that names may be given which never had a live one: those that tenants have.
///
/// Every tenant counts once, with what its server said last, so that one which lies does not speak for all.
#[derive(Debug, Default)]
pub(super) struct Guises(BTreeMap<KnownServer, usize>);

/// The server that a decoy plays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Guise {
    /// The newest protocol version that it speaks.
    pub(crate) newest: ProtocolVersion,
    /// Where it raises a wrong password.
    pub(crate) wrong_password: ErrorSource,
}

impl Guises {
    /// A tenant has this server now.
    pub(super) fn add(&mut self, server: &KnownServer) {
        if is_plausible(server) {
            *self.0.entry(server.clone()).or_default() += 1;
        }
    }

    /// A tenant has this server no longer.
    pub(super) fn remove(&mut self, server: &KnownServer) {
        if let Some(count) = self.0.get_mut(server) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(server);
            }
        }
    }

    /// The server of a tenant of which this is known; what is not is taken from a server of others that fits, always the
    /// same one for one name as long as there is one.
    pub(super) fn pick(
        &self,
        tenant: &[u8],
        known: &KnownServer,
        secret: &MockSecret,
        default: ErrorSource,
    ) -> Guise {
        let fits = |guise: &Guise| {
            let is_source = |source: &ErrorSource| guise.wrong_password == *source;
            known.newest.is_none_or(|newest| guise.newest == newest)
                && known.wrong_password.as_ref().is_none_or(is_source)
        };
        let fitting = self.candidates().into_iter().filter(fits);
        let picked = fitting.max_by_key(|guise| secret.rank(tenant, &guise.bytes()));
        let picked = picked.unwrap_or(Guise {
            newest: ProtocolVersion::V3_2,
            wrong_password: default,
        });
        Guise {
            newest: known.newest.unwrap_or(picked.newest),
            wrong_password: known
                .wrong_password
                .clone()
                .unwrap_or(picked.wrong_password),
        }
    }

    /// A server that was never asked for more than 3.0 is one of those with the same source that were.
    fn candidates(&self) -> BTreeSet<Guise> {
        let mut seen: Vec<_> = self.0.iter().collect();
        seen.sort_by_key(|(_, count)| Reverse(**count));
        seen.truncate(MOST);
        let has_version = |source: &ErrorSource| {
            let of_source = |(server, _): &(&KnownServer, &usize)| {
                server.newest.is_some() && server.wrong_password.as_ref() == Some(source)
            };
            seen.iter().any(of_source)
        };
        let guise = |server: &KnownServer| {
            let source = server.wrong_password.as_ref()?;
            let newest = match server.newest {
                None if has_version(source) => return None,
                newest => newest.unwrap_or(ProtocolVersion::V3_2),
            };
            Some(Guise {
                newest,
                wrong_password: source.clone(),
            })
        };
        seen.iter()
            .filter_map(|(server, _)| guise(server))
            .collect()
    }
}

impl Guise {
    fn bytes(&self) -> Vec<u8> {
        let source = &self.wrong_password;
        let mut bytes = self.newest.code().to_be_bytes().to_vec();
        for field in [source.file(), source.line(), source.routine()] {
            bytes.extend_from_slice(field);
            bytes.push(0);
        }
        bytes
    }
}

fn is_plausible(server: &KnownServer) -> bool {
    let source = server.wrong_password.as_ref();
    source.is_some_and(ErrorSource::may_be_wrong_password)
}

/// More kinds of servers than an installation has; those that most tenants have.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn source(line: &'static str) -> ErrorSource {
        ErrorSource::known("auth.c", line, "auth_failed")
    }

    fn server(line: &'static str) -> KnownServer {
        KnownServer::unknown().with_wrong_password(source(line))
    }

    fn lines(guises: &Guises, known: &KnownServer) -> Vec<String> {
        let secret = MockSecret::new([7; 32]);
        let line = |number: u32| {
            let name = number.to_be_bytes();
            let guise = guises.pick(&name, known, &secret, source("1"));
            let line = String::from_utf8_lossy(guise.wrong_password.line()).into_owned();
            format!("{line} {}", guise.newest)
        };
        (0..100).map(line).collect()
    }

    #[test]
    fn without_any_server_it_is_the_default() {
        let guises = Guises::default();
        assert!(
            lines(&guises, &KnownServer::unknown())
                .iter()
                .all(|line| line == "1 3.2")
        );
    }

    #[test]
    fn names_keep_their_server_but_for_those_that_get_the_new_one() {
        let mut guises = Guises::default();
        guises.add(&server("317"));
        guises.add(&server("334").with_newest(ProtocolVersion::V3_0));
        let before = lines(&guises, &KnownServer::unknown());
        for kind in ["317 3.2", "334 3.0"] {
            assert!(before.iter().filter(|line| *line == kind).count() > 30);
        }
        guises.add(&server("317"));
        assert_eq!(
            lines(&guises, &KnownServer::unknown()),
            before,
            "one more failure"
        );
        guises.add(&server("320"));
        let after = lines(&guises, &KnownServer::unknown());
        let mut moved = before
            .iter()
            .zip(&after)
            .filter(|(before, after)| before != after);
        assert!(moved.clone().count() > 15 && moved.all(|(_, after)| after == "320 3.2"));
        guises.remove(&server("320"));
        assert_eq!(lines(&guises, &KnownServer::unknown()), before);
    }

    #[test]
    fn what_is_known_is_kept_and_the_rest_fits_it() {
        let mut guises = Guises::default();
        guises.add(&server("317").with_newest(ProtocolVersion::V3_2));
        guises.add(&server("334").with_newest(ProtocolVersion::V3_0));
        guises.add(&server("334"));
        let old = KnownServer::unknown().with_newest(ProtocolVersion::V3_0);
        assert!(lines(&guises, &old).iter().all(|line| line == "334 3.0"));
        assert!(
            lines(&guises, &server("334"))
                .iter()
                .all(|line| line == "334 3.0")
        );
        assert!(
            lines(&guises, &server("9"))
                .iter()
                .all(|line| line == "9 3.2")
        );
    }

    #[test]
    fn what_no_postgresql_says_is_said_for_nobody_else() {
        let mut guises = Guises::default();
        for (file, line, routine) in [
            ("auth.h", "317", "auth_failed"),
            ("auth.c", "3x", "auth_failed"),
            ("auth.c", "", "auth_failed"),
            ("auth.c", "317", "mallory"),
        ] {
            let source = ErrorSource::known(file, line, routine);
            guises.add(&KnownServer::unknown().with_wrong_password(source));
        }
        assert!(guises.0.is_empty());
    }
}

/// What the `replication` parameter of a startup packet asks for.
///
/// Source: PostgreSQL manual, [Streaming Replication Protocol](https://www.postgresql.org/docs/18/protocol-replication.html);
/// `backend_startup.c`, `ProcessStartupPacket`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replication {
    /// An ordinary session.
    #[default]
    Off,
    /// A WAL sender for the whole cluster.
    Physical,
    /// A WAL sender bound to one database.
    Logical,
}

/// What the `replication` parameters that were read so far come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReplicationSwitch {
    sender: bool,
    bound: bool,
}

impl ReplicationSwitch {
    /// Reads the next one; the error is a value without a meaning.
    pub(super) fn set<'a>(&mut self, value: &'a [u8]) -> Result<(), &'a [u8]> {
        if value == b"database" {
            (self.sender, self.bound) = (true, true);
        } else {
            // PostgreSQL forgets `sender` here, but never `bound`.
            self.sender = parse_bool(value).ok_or(value)?;
        }
        Ok(())
    }

    pub(super) const fn meaning(self) -> Replication {
        match (self.sender, self.bound) {
            (false, _) => Replication::Off,
            (true, false) => Replication::Physical,
            (true, true) => Replication::Logical,
        }
    }
}

/// Source: `src/backend/utils/adt/bool.c`, `parse_bool_with_len`.
fn parse_bool(value: &[u8]) -> Option<bool> {
    BOOL_WORDS
        .iter()
        .find(|(word, shortest, _)| {
            value.len() >= *shortest
                && word
                    .get(..value.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(value))
        })
        .map(|(_, _, meaning)| *meaning)
}

/// A word, the length of its shortest accepted prefix, its meaning.
const BOOL_WORDS: [(&[u8], usize, bool); 8] = [
    (b"true", 1, true),
    (b"false", 1, false),
    (b"yes", 1, true),
    (b"no", 1, false),
    (b"on", 2, true),
    (b"off", 2, false),
    (b"1", 1, true),
    (b"0", 1, false),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<Replication> {
        let mut switch = ReplicationSwitch::default();
        for value in values {
            switch.set(value.as_bytes()).ok()?;
        }
        Some(switch.meaning())
    }

    #[test]
    fn bool_words_are_read_by_unique_prefix_and_in_any_case() {
        for word in ["t", "TR", "true", "y", "Yes", "on", "ON", "1"] {
            assert_eq!(read(&[word]), Some(Replication::Physical), "{word}");
        }
        for word in ["f", "fals", "False", "n", "no", "of", "off", "0"] {
            assert_eq!(read(&[word]), Some(Replication::Off), "{word}");
        }
        for word in ["", "o", "truex", "10", "Database", "database ", "2"] {
            assert_eq!(read(&[word]), None, "{word}");
        }
    }

    #[test]
    fn database_sticks_while_the_switch_does_not() {
        assert_eq!(read(&["database", "true"]), Some(Replication::Logical));
        assert_eq!(read(&["database", "false"]), Some(Replication::Off));
        assert_eq!(read(&["false", "database"]), Some(Replication::Logical));
        assert_eq!(read(&["bad", "database"]), None);
        assert_eq!(read(&[]), Some(Replication::Off));
    }
}

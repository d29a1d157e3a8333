use super::Params;

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

impl Replication {
    /// Reads every `replication` parameter in order; the error is the first value without a meaning.
    pub(super) fn read(params: Params<'_>) -> Result<Self, &[u8]> {
        let (mut sender, mut bound) = (false, false);
        for (_, value) in params.filter(|(name, _)| *name == b"replication") {
            if value == b"database" {
                (sender, bound) = (true, true);
            } else {
                // PostgreSQL forgets `sender` here, but never `bound`.
                sender = parse_bool(value).ok_or(value)?;
            }
        }
        Ok(match (sender, bound) {
            (false, _) => Self::Off,
            (true, false) => Self::Physical,
            (true, true) => Self::Logical,
        })
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
        let mut body = Vec::new();
        for value in values {
            body.extend_from_slice(b"replication\0");
            body.extend_from_slice(value.as_bytes());
            body.push(0);
        }
        body.push(0);
        Replication::read(Params::new(&body)).ok()
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

use super::first_packet::MAX_STARTUP_PACKET_LENGTH;
use super::{StartupMessage, client};

impl StartupMessage<'_> {
    /// The same packet for another user, for instance when the client wrote `user.tenant`.
    ///
    /// Every other byte keeps its place, also of earlier `user` parameters, which do not count. A client that named no database, or only one called like the user it wrote, has
    /// `database` named for it, at the end: the last one counts.
    ///
    /// MD5 passwords do not survive this, their hash contains the client's user name; SCRAM ones do.
    pub fn with_user(&self, user: &[u8], database: &[u8]) -> Result<Vec<u8>, RewriteError> {
        if [user, database].iter().any(|name| !is_name(name)) {
            return Err(RewriteError::Name);
        }
        let default = (&b"database"[..], database);
        let users = self.params().enumerate();
        let users = users.filter(|(_, (name, _))| *name == b"user");
        let last = users.map(|(index, _)| index).last();
        let params = self
            .params()
            .enumerate()
            .map(|(index, (name, value))| (name, if Some(index) == last { user } else { value }))
            .chain((!self.names_database()).then_some(default));
        let mut packet = Vec::new();
        client::startup(self.version(), params, &mut packet);
        if packet.len().saturating_sub(size_of::<u32>()) > MAX_STARTUP_PACKET_LENGTH {
            return Err(RewriteError::TooLong);
        }
        Ok(packet)
    }
}

/// Why a startup packet cannot be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// The packet would be longer than PostgreSQL reads.
    #[error("startup packet is too long with its new user")]
    TooLong,
    /// A name that is empty or contains a NUL.
    #[error("name is empty or contains a NUL")]
    Name,
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FirstPacket, ProtocolVersion};

    fn rewritten(pairs: &[(&[u8], &[u8])], user: &[u8]) -> Result<Vec<u8>, RewriteError> {
        let mut packet = Vec::new();
        client::startup(ProtocolVersion::GREASE, pairs.iter().copied(), &mut packet);
        match FirstPacket::parse(&packet) {
            Ok(Some((FirstPacket::Startup(startup), _))) => startup.with_user(user, b"shop"),
            other => unreachable!("{other:?}"),
        }
    }

    fn packet(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut packet = Vec::new();
        client::startup(ProtocolVersion::GREASE, pairs.iter().copied(), &mut packet);
        packet
    }

    #[test]
    fn everything_but_the_user_stays_in_its_place() {
        let pairs: &[(&[u8], &[u8])] = &[
            (b"a", b"1"),
            (b"user", b"x.y"),
            (b"database", b"d"),
            (b"_pq_.z", b""),
        ];
        let want: &[(&[u8], &[u8])] = &[
            (b"a", b"1"),
            (b"user", b"x"),
            (b"database", b"d"),
            (b"_pq_.z", b""),
        ];
        assert_eq!(rewritten(pairs, b"x"), Ok(packet(want)));
    }

    #[test]
    fn an_absent_or_empty_database_is_named() {
        let want = packet(&[(b"user", b"x"), (b"database", b"shop")]);
        assert_eq!(rewritten(&[(b"user", b"x.y")], b"x"), Ok(want));
        let want = packet(&[(b"database", b""), (b"user", b"x"), (b"database", b"shop")]);
        assert_eq!(
            rewritten(&[(b"database", b""), (b"user", b"x.y")], b"x"),
            Ok(want)
        );
    }

    #[test]
    fn a_database_called_like_the_old_user_is_overruled() {
        let pairs: &[(&[u8], &[u8])] = &[(b"user", b"x.y"), (b"database", b"x.y"), (b"a", b"1")];
        let want: &[(&[u8], &[u8])] = &[
            (b"user", b"x"),
            (b"database", b"x.y"),
            (b"a", b"1"),
            (b"database", b"shop"),
        ];
        assert_eq!(rewritten(pairs, b"x"), Ok(packet(want)));
    }

    #[test]
    fn only_the_user_that_counts_is_replaced() {
        let pairs: &[(&[u8], &[u8])] = &[(b"user", b""), (b"user", b"a.b"), (b"database", b"d")];
        let want: &[(&[u8], &[u8])] = &[(b"user", b""), (b"user", b"x"), (b"database", b"d")];
        assert_eq!(rewritten(pairs, b"x"), Ok(packet(want)));
    }

    #[test]
    fn a_packet_may_not_outgrow_the_limit() {
        let filler = vec![b'f'; 9_972];
        let pairs: &[(&[u8], &[u8])] = &[(b"user", b"u"), (b"database", b"d"), (b"f", &filler)];
        assert_eq!(packet(pairs).len(), 10_002);
        assert!(rewritten(pairs, b"abc").is_ok());
        assert_eq!(rewritten(pairs, b"abcd"), Err(RewriteError::TooLong));
    }

    #[test]
    fn a_name_that_would_break_the_packet_is_refused() {
        assert_eq!(rewritten(&[(b"user", b"u")], b""), Err(RewriteError::Name));
        assert_eq!(
            rewritten(&[(b"user", b"u")], b"a\0b"),
            Err(RewriteError::Name)
        );
    }
}

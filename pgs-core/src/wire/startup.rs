use std::fmt;

use super::replication::ReplicationSwitch;
use super::{Negotiation, Params, ProtocolVersion, Replication, StartupFault};

/// A request for a session, borrowed from the buffer it was read into.
///
/// Names and values are bytes: PostgreSQL does not ask for UTF-8, and two names that only differ in invalid
/// UTF-8 are two names.
///
/// Source: PostgreSQL manual, [Message Formats, StartupMessage](https://www.postgresql.org/docs/18/protocol-message-formats.html);
/// `backend_startup.c`, `ProcessStartupPacket`.
#[derive(Clone, Copy)]
pub struct StartupMessage<'a> {
    packet: &'a [u8],
    version: ProtocolVersion,
    body: &'a [u8],
    user: &'a [u8],
    database: Option<&'a [u8]>,
    options: Option<&'a [u8]>,
    replication: Replication,
}

impl<'a> StartupMessage<'a> {
    /// Checks a framed packet in PostgreSQL's order: version, replication, layout, user. The last of several values counts.
    pub(super) fn parse(
        packet: &'a [u8],
        version: ProtocolVersion,
        body: &'a [u8],
    ) -> Result<Self, StartupFault<'a>> {
        if version.major() != ProtocolVersion::V3_0.major() {
            return Err(StartupFault::UnsupportedProtocol(version));
        }
        let mut params = Params::new(body);
        let (mut user, mut database, mut options) = (None, None, None);
        let mut replication = ReplicationSwitch::default();
        for (name, value) in params.by_ref() {
            match name {
                b"user" => user = Some(value),
                b"database" => database = Some(value),
                b"options" => options = Some(value),
                b"replication" => replication.set(value).map_err(StartupFault::Replication)?,
                _ => {}
            }
        }
        if !params.ended_in_terminator() {
            return Err(StartupFault::Layout);
        }
        let user = non_empty(user).ok_or_else(|| {
            StartupFault::MissingUser(Negotiation::of(version, ProtocolVersion::V3_2, body))
        })?;
        Ok(Self {
            packet,
            version,
            body,
            user,
            database: non_empty(database),
            options,
            replication: replication.meaning(),
        })
    }

    /// The whole packet, length word included, as the client sent it.
    pub const fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// The protocol version asked for; its major is always 3.
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Every parameter in packet order, `user` and duplicates included.
    pub const fn params(&self) -> Params<'a> {
        Params::new(self.body)
    }

    /// The user, cut to the length of a PostgreSQL name. Never empty.
    pub fn user(&self) -> &'a [u8] {
        as_name(self.user)
    }

    /// The user as the client wrote it, however long.
    pub const fn full_user(&self) -> &'a [u8] {
        self.user
    }

    /// The database, cut to the length of a PostgreSQL name; the user when none was named.
    pub fn database(&self) -> &'a [u8] {
        as_name(self.database.unwrap_or(self.user))
    }

    /// Whether the client named a database itself.
    ///
    /// One called like the user does not count: libpq and many drivers name that one where their user named none.
    pub fn names_database(&self) -> bool {
        self.database.is_some_and(|database| database != self.user)
    }

    /// Whether a WAL sender is asked for.
    pub const fn replication(&self) -> Replication {
        self.replication
    }

    /// The command-line options for the backend, unparsed.
    pub const fn options(&self) -> Option<&'a [u8]> {
        self.options
    }

    /// The names of the `_pq_.` protocol options, duplicates included.
    pub fn protocol_options(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Negotiation::options(self.body)
    }

    /// What PostgreSQL 18 says in front of any other answer: see [`Negotiation`].
    pub fn negotiation(&self) -> Option<Negotiation<'a>> {
        self.negotiation_with(ProtocolVersion::V3_2)
    }

    /// What a server says that speaks no newer version than `newest`: 3.0 before PostgreSQL 18.
    pub fn negotiation_with(&self, newest: ProtocolVersion) -> Option<Negotiation<'a>> {
        Negotiation::of(self.version, newest, self.body)
    }
}

impl fmt::Debug for StartupMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartupMessage")
            .field("version", &format_args!("{}", self.version))
            .field("user", &format_args!("{}", self.user().escape_ascii()))
            .field(
                "database",
                &format_args!("{}", self.database().escape_ascii()),
            )
            .field("replication", &self.replication)
            .finish_non_exhaustive()
    }
}

fn non_empty(value: Option<&[u8]>) -> Option<&[u8]> {
    value.filter(|value| !value.is_empty())
}

/// The name that PostgreSQL understands: at most 63 bytes, and the cut may fall inside a character.
pub(crate) fn as_name(value: &[u8]) -> &[u8] {
    value.get(..NAME_LENGTH).unwrap_or(value)
}

/// Source: `NAMEDATALEN - 1`, `pg_config_manual.h`.
const NAME_LENGTH: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FirstPacket, FirstPacketError, frame};

    fn packet(code: u32, body: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        frame::put_sized(&mut packet, |out| {
            out.extend_from_slice(&code.to_be_bytes());
            out.extend_from_slice(body);
        });
        packet
    }

    fn parse(packet: &[u8]) -> StartupMessage<'_> {
        match FirstPacket::parse(packet) {
            Ok(Some((FirstPacket::Startup(startup), length))) if length == packet.len() => startup,
            other => unreachable!("{other:?}"),
        }
    }

    fn fault(code: u32, body: &[u8]) -> Vec<u8> {
        match FirstPacket::parse(&packet(code, body)) {
            Err(FirstPacketError::Startup(fault)) => {
                let mut out = Vec::new();
                fault.encode(&mut out);
                out
            }
            other => unreachable!("{other:?}"),
        }
    }

    const V3: u32 = 0x0003_0000;

    #[test]
    fn a_database_defaults_to_the_user_and_an_empty_one_counts_as_absent() {
        let bytes = packet(V3, b"user\0acme\0database\0x\0database\0\0\0");
        let startup = parse(&bytes);
        assert_eq!(
            (startup.user(), startup.database()),
            (&b"acme"[..], &b"acme"[..])
        );
        assert!(!startup.names_database());
        assert_eq!(startup.packet(), bytes);
    }

    #[test]
    fn a_database_called_like_the_user_was_not_named() {
        let long = [b'u'; 70];
        let of_its_user = [b"user\0", &long[..], b"\0database\0", &long[..], b"\0\0"].concat();
        let bytes = packet(V3, &of_its_user);
        assert!(!parse(&bytes).names_database());
        let shorter = [b"user\0", &long[..], b"\0database\0", &long[..63], b"\0\0"].concat();
        let bytes = packet(V3, &shorter);
        assert!(parse(&bytes).names_database());
        assert_eq!(parse(&bytes).full_user(), long);
    }

    #[test]
    fn names_are_cut_at_63_bytes_but_the_packet_is_not() {
        let body = [b"user\0", &[b'u'; 70][..], b"\0\0"].concat();
        let bytes = packet(V3, &body);
        let startup = parse(&bytes);
        assert_eq!(startup.user(), [b'u'; 63]);
        assert_eq!(startup.database(), [b'u'; 63]);
        assert_eq!(startup.packet().len(), bytes.len());
    }

    #[test]
    fn names_need_not_be_utf8() {
        let bytes = packet(V3, b"user\0\xFF\xFE\0\0");
        assert_eq!(parse(&bytes).user(), b"\xFF\xFE");
    }

    #[test]
    fn the_checks_come_in_postgresqls_order() {
        let replication = b"user\0a\0replication\0bad";
        assert!(fault(V3, replication).windows(5).any(|w| w == b"22023"));
        assert!(fault(V3, b"user\0\0xy").windows(5).any(|w| w == b"08P01"));
        assert!(
            fault(4 << 16, replication)
                .windows(5)
                .any(|w| w == b"0A000")
        );
        assert!(
            fault(V3, b"_pq_.a\x001\0\0").starts_with(b"v\0\0\0\x13\0\x03\0\0\0\0\0\x01_pq_.a\0E")
        );
    }

    #[test]
    fn old_majors_get_an_old_error_and_all_others_a_new_one() {
        let old = b"EFATAL:  unsupported frontend protocol 2.0: server supports 3.0 to 3.2\n\0";
        assert_eq!(fault(2 << 16, b"\0"), old);
        assert!(fault(1, b"\0").starts_with(b"EFATAL:  unsupported frontend protocol 0.1:"));
        for code in [0, 4 << 16, 0x04D2_1631, u32::MAX] {
            assert!(fault(code, b"\0").starts_with(b"E\0\0\0"), "{code}");
        }
    }

    /// Each answer was captured from 18.6.
    #[test]
    fn faults_are_answered_byte_for_byte() {
        assert_eq!(
            fault(V3, b""),
            b"E\0\0\0\x89SFATAL\0VFATAL\0C08P01\0\
              Minvalid startup packet layout: expected terminator as last byte\0\
              Fbackend_startup.c\0L835\0RProcessStartupPacket\0\0"
        );
        assert_eq!(
            fault(V3, b"\0"),
            b"E\0\0\0}SFATAL\0VFATAL\0C28000\0\
              Mno PostgreSQL user name specified in startup packet\0\
              Fbackend_startup.c\0L852\0RProcessStartupPacket\0\0"
        );
        assert_eq!(
            fault(V3, b"user\0a\0replication\0\xFF\xFE\0\0"),
            b"E\0\0\0\xAFSFATAL\0VFATAL\0C22023\0\
              Minvalid value for parameter \"replication\": \"\xFF\xFE\"\0\
              HValid values are: \"false\", 0, \"true\", 1, \"database\".\0\
              Fbackend_startup.c\0L791\0RProcessStartupPacket\0\0"
        );
        assert_eq!(
            fault(0x04D2_1631, b"\0"),
            b"E\0\0\0\x8DSFATAL\0VFATAL\0C0A000\0\
              Munsupported frontend protocol 1234.5681: server supports 3.0 to 3.2\0\
              Fbackend_startup.c\0L731\0RProcessStartupPacket\0\0"
        );
    }

    #[test]
    fn a_user_without_a_value_or_with_an_empty_last_one_is_no_user() {
        assert!(fault(V3, b"user\0").windows(5).any(|w| w == b"08P01"));
        assert!(
            fault(V3, b"user\0a\0user\0\0\0")
                .windows(5)
                .any(|w| w == b"28000")
        );
    }

    #[test]
    fn negotiation_echoes_every_option_and_never_grants_more_than_3_2() {
        for (code, body, want) in [
            (
                0x0003_270F,
                &b"user\0a\0_pq_.a\x001\0_pq_.b\0\0\0"[..],
                &b"v\0\0\0\x1A\0\x03\0\x02\0\0\0\x02_pq_.a\0_pq_.b\0"[..],
            ),
            (
                V3,
                b"user\0a\0_pq_.a\x001\0_pq_.a\0\0\0",
                b"v\0\0\0\x1A\0\x03\0\0\0\0\0\x02_pq_.a\0_pq_.a\0",
            ),
            (
                0x0003_0003,
                b"user\0a\0\0",
                b"v\0\0\0\x0C\0\x03\0\x02\0\0\0\0",
            ),
        ] {
            let mut out = Vec::new();
            parse(&packet(code, body))
                .negotiation()
                .unwrap()
                .encode(&mut out);
            assert_eq!(out, want);
        }
        assert!(
            parse(&packet(0x0003_0002, b"user\0a\0\0"))
                .negotiation()
                .is_none()
        );
    }

    /// Compared with a 15 in the tests of pgs with real servers.
    #[test]
    fn an_older_server_grants_3_0_to_whoever_asks_for_more() {
        let granted = b"v\0\0\0\x0C\0\x03\0\0\0\0\0\0";
        for (code, want) in [
            (V3, None),
            (0x0003_0002, Some(granted)),
            (0x0003_270F, Some(granted)),
        ] {
            let packet = packet(code, b"user\0a\0\0");
            let negotiation = parse(&packet).negotiation_with(ProtocolVersion::V3_0);
            let said = negotiation.map(|negotiation| {
                let mut out = Vec::new();
                negotiation.encode(&mut out);
                out
            });
            assert_eq!(said.as_deref(), want.map(|want| &want[..]), "{code:x}");
        }
    }
}

/// Where the candidate answers otherwise than the judge, on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The name of the case.
    pub case: &'static str,
    /// The tags of what the judge says, and its SQLSTATE.
    pub judge: Gist,
    /// The same of the candidate.
    pub candidate: Gist,
    /// Why.
    pub reason: &'static str,
}

type Gist = (&'static str, Option<&'static str>);

/// All of them. A difference that is not here fails the suite, and so does one that is here and is none any more.
pub const DELIBERATE: &[Difference] = &[
    Difference {
        case: "asks for a tenant that is not there",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "on the same machine the true reason saves an hour; strangers see what the server would say",
    },
    Difference {
        case: "asks for a tenant that is disabled",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "the same",
    },
    Difference {
        case: "asks for a tenant that is stopped",
        judge: ("R", None),
        candidate: ("E", Some("57P03")),
        reason: "the same; 57P03 is what drivers try again",
    },
    Difference {
        case: "asks for a name in another case",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "no tenant has such a name",
    },
    Difference {
        case: "asks for a tenant that is not there, in a newer protocol",
        judge: ("vR", None),
        candidate: ("vE", Some("28000")),
        reason: "the same as in an older one: clients hear of the version first, whoever speaks",
    },
    Difference {
        case: "is the manager",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "the manager does not come through the proxy, and no tenant may be named like it",
    },
    Difference {
        case: "is another role of a tenant's server",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "the user is what tenants are told apart by; an application can bring a router of its own",
    },
    Difference {
        case: "replicates a whole server",
        judge: ("R", None),
        candidate: ("E", Some("28000")),
        reason: "that would read what the manager keeps in the tenant's server",
    },
    Difference {
        case: "a session in the clear",
        judge: ("E", Some("28000")),
        candidate: ("E", Some("28000")),
        reason: "the words are the same, but it names no line of PostgreSQL's source, and has a hint",
    },
    Difference {
        case: "a session of nobody in the clear",
        judge: ("E", Some("28000")),
        candidate: ("E", Some("28000")),
        reason: "the same",
    },
    Difference {
        case: "a session in the clear, newer",
        judge: ("vE", Some("28000")),
        candidate: ("vE", Some("28000")),
        reason: "the same",
    },
    Difference {
        case: "a session in the clear behind a refusal",
        judge: ("E", Some("28000")),
        candidate: ("E", Some("28000")),
        reason: "the same",
    },
    Difference {
        case: "the channel that passwords can be bound to",
        judge: ("", None),
        candidate: ("", None),
        reason: "the tenant's server, which checks the password, does not see the channel",
    },
    Difference {
        case: "an alert of TLS in place of TLS",
        judge: ("", None),
        candidate: ("", None),
        reason: "OpenSSL answers an alert with an alert, rustls does not",
    },
    Difference {
        case: "an alert of TLS in one piece with a request that is granted",
        judge: ("", None),
        candidate: ("", None),
        reason: "the same",
    },
    Difference {
        case: "a record that is too long in place of TLS",
        judge: ("", None),
        candidate: ("", None),
        reason: "OpenSSL's alert says record_overflow, rustls's decode_error",
    },
    Difference {
        case: "a record that is too long in one piece with a request that is granted",
        judge: ("", None),
        candidate: ("", None),
        reason: "the same",
    },
];

/// Those of conversations that are in TLS from their first byte on: a server that does TLS itself can bind the password to
/// the channel, and a client that speaks of that is answered otherwise.
pub const DELIBERATE_IN_TLS: &[Difference] = &[
    Difference {
        case: "nobody's odd first answer `y`",
        judge: ("RE", Some("28000")),
        candidate: ("RE", Some("08P01")),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "nobody's odd first answer `y,,n=,r=abc`",
        judge: ("RE", Some("28000")),
        candidate: ("RR", None),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "nobody's odd first answer `y,a=x,n=,r=abc`",
        judge: ("RE", Some("28000")),
        candidate: ("RE", Some("0A000")),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "nobody's odd first answer by `SCRAM-SHA-256-PLUS`",
        judge: ("RE", Some("08P01")),
        candidate: ("RE", Some("08P01")),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "acme's odd first answer `y`",
        judge: ("RE", Some("28000")),
        candidate: ("RE", Some("08P01")),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "acme's odd first answer `y,,n=,r=abc`",
        judge: ("RE", Some("28000")),
        candidate: ("RR", None),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "acme's odd first answer `y,a=x,n=,r=abc`",
        judge: ("RE", Some("28000")),
        candidate: ("RE", Some("0A000")),
        reason: "the tenant's server does not see the channel",
    },
    Difference {
        case: "acme's odd first answer by `SCRAM-SHA-256-PLUS`",
        judge: ("RE", Some("08P01")),
        candidate: ("RE", Some("08P01")),
        reason: "the tenant's server does not see the channel",
    },
];

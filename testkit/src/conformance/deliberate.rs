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
];

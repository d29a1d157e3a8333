//! Where the proxy answers otherwise than a server of its own would, on purpose: all of it is in this table.

use crate::common::{Stage, password};
use testkit::{
    Frame, RawClient,
    message::{V3_0, V3_9999, startup, startup_with},
};

struct Difference {
    client: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    /// The tags of what the real server says before it waits or closes, and its SQLSTATE.
    server: (&'static str, Option<&'static str>),
    /// The same of the proxy, to a client that may know.
    proxy: (&'static str, Option<&'static str>),
    #[expect(dead_code, reason = "for who reads the table")]
    reason: &'static str,
}

const DIFFERENCES: [Difference; 7] = [
    Difference {
        client: "asks for a tenant that is not there",
        parameters: &[("user", "nobody")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "on the same machine the true reason saves an hour; strangers see what the server would say",
    },
    Difference {
        client: "asks for a tenant that is disabled",
        parameters: &[("user", "closed")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "the same",
    },
    Difference {
        client: "asks for a tenant that is stopped",
        parameters: &[("user", "halted")],
        server: ("R", None),
        proxy: ("E", Some("57P03")),
        reason: "the same; 57P03 is what drivers try again",
    },
    Difference {
        client: "asks for a name in another case",
        parameters: &[("user", "Acme")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "no tenant has such a name",
    },
    Difference {
        client: "is the manager",
        parameters: &[("user", "pgs_admin"), ("database", "acme")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "the manager does not come through the proxy, and no tenant may be named like it",
    },
    Difference {
        client: "is another role of a tenant's server",
        parameters: &[("user", "clerk"), ("database", "acme")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "the user is what tenants are told apart by; an application can bring a router of its own",
    },
    Difference {
        client: "replicates a whole server",
        parameters: &[("user", "acme"), ("replication", "true")],
        server: ("R", None),
        proxy: ("E", Some("28000")),
        reason: "that would read what the manager keeps in the tenant's server",
    },
];

#[test]
fn the_proxy_differs_only_where_the_table_says_so() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    stage.stopped_tenant("halted");
    for difference in DIFFERENCES {
        let (client, packet) = (difference.client, startup_with(V3_0, difference.parameters));
        let server = answer(stage.direct(), &packet);
        assert_eq!(
            words(&server),
            owned(difference.server),
            "the server: a client that {client}"
        );
        let proxy = answer(stage.frank(), &packet);
        assert_eq!(
            words(&proxy),
            owned(difference.proxy),
            "the proxy: a client that {client}"
        );
    }
}

/// Clients hear of the version first, whoever speaks.
#[test]
fn a_refusal_comes_behind_the_negotiation() {
    let stage = Stage::shared();
    let packet = startup(V3_9999, "nobody");
    let (server, proxy) = (
        answer(stage.direct(), &packet),
        answer(stage.frank(), &packet),
    );
    assert_eq!(words(&proxy), owned(("vE", Some("28000"))));
    assert_eq!(proxy[0], server[0]);
}

#[test]
fn logical_replication_is_let_through() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let packet = startup_with(V3_0, &[("user", "acme"), ("replication", "database")]);
    let greeting = stage.frank().login(&packet, &password("acme"));
    let error = greeting.frames.last().unwrap();
    assert_eq!(
        error.field(b'M').as_deref(),
        Some("permission denied to start WAL sender")
    );
}

fn answer(mut client: RawClient, packet: &[u8]) -> Vec<Frame> {
    client.send(packet);
    client.finish();
    Frame::all(&client.rest().0)
}

fn words(frames: &[Frame]) -> (String, Option<String>) {
    let tags = frames.iter().map(|frame| char::from(frame.tag)).collect();
    (tags, frames.iter().find_map(Frame::sqlstate))
}

fn owned((tags, sqlstate): (&str, Option<&str>)) -> (String, Option<String>) {
    (tags.to_owned(), sqlstate.map(str::to_owned))
}

//! The other keys, and keys that disagree.

use crate::{
    common::password,
    front::{Front, ROLE, keys},
};
use pgs::routing::RoutingKeys;

const USER: (&str, &str) = ("user", "app");

#[test]
fn the_database_names_the_tenant() {
    let front = Front::frank(keys(RoutingKeys {
        database: true,
        ..RoutingKeys::NONE
    }));
    let password = password(ROLE);
    assert_eq!(
        front.seen(&[USER, ("database", "keyed")], &password),
        "app in keyed"
    );
    for parameters in [&[USER][..], &[USER, ("database", "app")]] {
        let (_, message) = front.refused(parameters);
        assert_eq!(message, "no tenant is named \"app\"", "{parameters:?}");
    }
}

/// PostgreSQL takes the name for a parameter of somebody's own, and shows it.
#[test]
fn options_name_the_tenant_and_reach_its_server() {
    let front = Front::frank(keys(RoutingKeys {
        options: true,
        ..RoutingKeys::NONE
    }));
    for options in [
        "-c pgs.tenant=keyed",
        "-cpgs.tenant=keyed",
        "--pgs.tenant=keyed",
        "-c work_mem=7MB -e --PGS.tenant=keyed",
        r"-c application_name=a\ b\\ -cpgs.tenant=key\ed",
        "-c pgs.tenant=other -c pgs.tenant=keyed",
    ] {
        let parameters = [USER, ("database", "keyed"), ("options", options)];
        let (mut client, greeting) = front.login(&parameters, &password(ROLE));
        assert!(greeting.is_ready(), "{options}: {greeting:?}");
        assert_eq!(client.value("SHOW pgs.tenant"), "keyed", "{options}");
        if options.contains("application_name") {
            assert_eq!(client.value("SHOW application_name"), r"a b\");
        }
    }
    for (options, message) in [
        ("-c pgs.tenant=nobody", "no tenant is named \"nobody\""),
        ("-c work_mem=7MB", "the connection names no tenant"),
        ("-S -cpgs.tenant=keyed", "the connection names no tenant"),
    ] {
        let told = front.refused(&[USER, ("options", options)]);
        assert_eq!(told, ("28000".to_owned(), message.to_owned()), "{options}");
    }
}

#[test]
fn keys_that_disagree_are_refused_and_named() {
    let front = Front::frank(keys(RoutingKeys {
        user: true,
        role_and_tenant: true,
        host_suffixes: Vec::new(),
        database: true,
        options: true,
    }));
    let user = ("user", "app.keyed");
    let agreeing = [
        user,
        ("database", "keyed"),
        ("options", "--pgs.tenant=keyed"),
    ];
    assert_eq!(front.seen(&agreeing, &password(ROLE)), "app in keyed");
    assert_eq!(front.seen(&[user], &password(ROLE)), "app in keyed");
    for (parameters, claims) in [
        (
            &[user, ("database", "shop")][..],
            "user name \"keyed\", database \"shop\"",
        ),
        (
            &[user, ("options", "--pgs.tenant=beta")],
            "user name \"keyed\", options \"beta\"",
        ),
        (
            &[USER, ("database", "keyed")],
            "user name \"app\", database \"keyed\"",
        ),
    ] {
        let (code, message) = front.refused(parameters);
        assert_eq!(code, "28000");
        assert_eq!(
            message,
            format!("the connection names different tenants: {claims}")
        );
    }
}

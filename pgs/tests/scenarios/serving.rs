use crate::house::{House, Session, sqlstate};
use pgs::{BanPolicy, Config, Proxy};
use std::{net::Ipv4Addr, time::Duration};

#[tokio::test]
async fn sessions_are_listed_and_drained() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let first = house.connect(&acme).await;
        first.value("select 'x'").await;
        let sessions = house.proxy.sessions();
        assert_eq!(sessions.len(), 1);
        assert_eq!(
            (sessions[0].tenant.as_str(), sessions[0].user.as_str()),
            ("acme", "acme")
        );
        assert_eq!(house.proxy.counters().snapshot().live_sessions, 1);
        let report = house.proxy.shutdown_until(async {}).await;
        assert_eq!((report.drained, report.ended + report.cut), (0, 1));
        assert!(first.query_one("select 1", &[]).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn failed_logins_are_banned_and_forgiven() {
    let strict = BanPolicy {
        failures: 3,
        first: Duration::from_mins(10),
        loopback: true,
        ..BanPolicy::default()
    };
    House::in_one_with(
        |limits| limits.bans = strict,
        async |house| {
            let acme = house.tenant("acme").await;
            let wrong = house.url(&acme).replace(acme.password.reveal(), "wrong");
            for _ in 0..3 {
                let refused = Session::at(&wrong).await.err().unwrap();
                assert_eq!(sqlstate(&refused), "28P01");
            }
            assert_eq!(house.refusal(&acme).await, "53300");
            let bans = house.proxy.bans();
            assert_eq!(bans.len(), 1);
            assert_eq!(
                (bans[0].tenant_text().as_str(), bans[0].failures),
                ("acme", 3)
            );
            assert!(house.proxy.unban("acme", Ipv4Addr::LOCALHOST.into()));
            assert!(!house.proxy.unban("acme", Ipv4Addr::LOCALHOST.into()));
            house.connect(&acme).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_listener_has_a_policy_of_its_own() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let config: Config =
            "[[serve.listener]]\naddress = \"127.0.0.1:0\"\nkeys = [\"role.tenant\"]"
                .parse()
                .unwrap();
        let other = Proxy::builder(&house.pgs)
            .config(&config)
            .start()
            .await
            .unwrap();
        let address = other.address().to_string();
        let url = house
            .url(&acme)
            .replace(&house.proxy.address().to_string(), &address);
        assert_eq!(sqlstate(&Session::at(&url).await.err().unwrap()), "28000");
        let named = url.replacen("acme:", "acme.acme:", 1);
        let session = Session::at(&named).await.unwrap();
        assert_eq!(session.value("select current_user::text").await, "acme");
        drop(session);
        other.shutdown_until(async {}).await;
    })
    .await;
}

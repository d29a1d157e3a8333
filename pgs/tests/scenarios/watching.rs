use crate::house::House;
use tokio::task::yield_now;

#[tokio::test]
async fn events_come_in_order() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        house.pgs.disable(&acme.id).await.unwrap();
        let events = house.pgs.events(0, 100).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|event| event.kind.name()).collect();
        assert_eq!(kinds.first(), Some(&"creating"), "{kinds:?}");
        assert_eq!(kinds.last(), Some(&"access_disabled"), "{kinds:?}");
        assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        assert!(
            events
                .iter()
                .all(|event| event.id == acme.id && event.uid == acme.uid)
        );
        let rest = house.pgs.events(events[0].seq, 1).await.unwrap();
        assert_eq!(rest, events[1..2]);
    })
    .await;
}

#[tokio::test]
async fn events_are_followed() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let seen = house.pgs.events(0, 100).await.unwrap();
        let mut events = house.pgs.follow(seen.last().unwrap().seq);
        let next = tokio::spawn(async move {
            let first = events.next().await.unwrap();
            (first, events.next().await.unwrap())
        });
        yield_now().await;
        house.pgs.protect(&acme.id).await.unwrap();
        house.pgs.disable(&acme.id).await.unwrap();
        let (first, second) = next.await.unwrap();
        assert_eq!(
            (first.kind.name(), second.kind.name()),
            ("protected", "access_disabled")
        );
        assert_eq!(house.pgs.follow(0).next().await.unwrap(), seen[0]);
        house.pgs.unprotect(&acme.id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_tenant_is_shown_with_what_its_server_tells() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let _session = house.connect(&acme).await;
        let view = house.pgs.show(&acme.id).await.unwrap();
        let stats = view.stats.unwrap();
        assert!(view.is_up);
        assert_eq!(stats.sessions, 1);
        assert!(stats.server_version.starts_with("18"), "{stats:?}");
        assert!(stats.size_bytes > 1_000_000, "{stats:?}");
        house.pgs.stop(&acme.id).await.unwrap();
        let view = house.pgs.show(&acme.id).await.unwrap();
        assert!(!view.is_up && view.stats.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_servers_log_is_read() {
    House::in_one(async |house| {
        let acme = house.tenant("acme").await;
        let log = house.pgs.logs(&acme.id, 100).await.unwrap();
        assert!(log.contains("ready to accept connections"), "{log}");
        let last = house.pgs.logs(&acme.id, 1).await.unwrap();
        assert_eq!(last.trim_end().lines().count(), 1, "{last}");
    })
    .await;
}

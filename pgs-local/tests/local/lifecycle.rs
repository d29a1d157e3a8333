use crate::machine::{Machine, text};
use pgs_core::provision::{Marker, Provisioner, Silent, StopMode};

#[tokio::test]
async fn a_tenant_is_created_stopped_started_again_and_destroyed() {
    for major in [18, 15] {
        let machine = Machine::new();
        let tenant = machine.tenant("acme", major).await;
        let client = tenant.client().await;
        client
            .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
            .await
            .unwrap();
        machine
            .local
            .stop(tenant.uid, StopMode::Fast, &Silent)
            .await
            .unwrap();
        assert!(
            !machine
                .local
                .inspect(tenant.uid)
                .await
                .unwrap()
                .unwrap()
                .is_up()
        );

        machine.local.start(tenant.uid, &Silent).await.unwrap();
        assert_eq!(
            text(&tenant.client().await, "SELECT word FROM kept").await,
            "here"
        );
        let instance = machine.local.inspect(tenant.uid).await.unwrap().unwrap();
        assert!(instance.is_up() && instance.marker == Marker::Complete);

        machine.local.destroy(tenant.uid, &Silent).await.unwrap();
        assert_eq!(machine.local.inspect(tenant.uid).await.unwrap(), None);
        assert!(!machine.home(tenant.uid).exists());
    }
}

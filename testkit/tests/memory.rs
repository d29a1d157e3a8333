//! The in-memory provisioner passes the suite that the real ones pass.

#[tokio::test]
async fn the_memory_provisioner_behaves() {
    testkit::provisioner_suite::run(&pgs_core::provision::MemoryProvisioner::new()).await;
}

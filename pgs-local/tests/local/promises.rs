use crate::machine::Machine;

#[tokio::test]
async fn it_keeps_what_every_provisioner_promises() {
    testkit::provisioner_suite::run(&Machine::new().local).await;
}

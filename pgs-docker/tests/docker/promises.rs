use crate::machine::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_of_a_provisioner_is_kept() {
    let Some(machine) = Machine::new() else {
        return;
    };
    testkit::provisioner_suite::run(&machine.docker).await;
}

use std::io::{Read, stdin};

/// Says that all is under way, and goes on until standard input ends.
pub(crate) async fn until_told() {
    println!("under way");
    let end = tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new()));
    // Whatever becomes of it, there is nobody left to ask.
    drop(end.await);
}

//! How a step of the set-up ended, and telling it.

/// How a step ended; the text says where the thing is, or why it is not there.
#[derive(Debug)]
pub(super) enum Outcome {
    Present(String),
    Done(String),
    Skipped { why: String, remedy: String },
}

pub(super) fn say(what: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Present(detail) => println!("  there    {what}: {detail}"),
        Outcome::Done(detail) => println!("  done     {what}: {detail}"),
        Outcome::Skipped { why, remedy } => println!("  skipped  {what}: {why}; {remedy}"),
    }
}

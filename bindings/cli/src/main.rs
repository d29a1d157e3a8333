//! The pgs command.

fn main() {}

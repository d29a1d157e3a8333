//! Developer commands of pgs: cargo xtask demo | setup | lint | test | bench | fuzz.

fn main() {}

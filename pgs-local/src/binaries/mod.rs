//! `PostgreSQL`'s programs: where they are on this machine, and whether they will do.

mod candidate;
mod places;
mod search;

pub use candidate::{Binaries, Candidate};
pub use search::Search;

//! The same bytes to a real `PostgreSQL` and to a proxy in front of one: the answers have to be the same bytes.
//!
//! A [`Case`] is a conversation. [`Suite::run`] holds it with the judge, a real server, and with the candidate, and
//! answers a [`Report`]. What differs between any two connections to one server is masked; what differs on purpose is
//! in the table [`DELIBERATE`], and nothing else may.

mod section;
pub use section::Section;
mod case;
pub use case::{Audience, Case, Ground};
mod conversation;
pub use conversation::{Conversation, Minors};
mod deliberate;
pub mod mask;
mod transcript;
pub use deliberate::{DELIBERATE, DELIBERATE_IN_TLS, Difference};
mod suite;
pub use suite::{Candidate, Suite};
mod report;
pub use report::Report;
pub mod world;

mod groups;

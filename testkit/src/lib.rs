//! Unpublished test tools of pgs: behaviour suites that every implementation of a trait passes, a raw `PostgreSQL` byte
//! client, and fixtures made of real parts.
//!
//! Tools fail by panicking with what they were doing, since a test has no better use for an error.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a tool of a test fails the test"
)]

mod skip;
pub use skip::{note, skip};
mod deadline;
pub use deadline::{LIMIT, until, within};
mod state_dir;
pub use state_dir::state_dir;

mod frame;
pub use frame::Frame;
pub mod message;
mod raw_client;
pub use raw_client::{Closing, RawClient};
mod tls;
pub use tls::{Hello, TlsClient};
mod raw_login;
pub use raw_login::Greeting;

pub mod certificates;
pub mod conformance;

pub mod postgresql;
mod reference_server;
pub use reference_server::{ReferenceServer, ServerTls};
mod program;
pub use program::Program;

mod docker;
pub mod provisioner_suite;
pub use docker::{Docker, RUN_OUT_OF_MEMORY};
mod private_engine;
pub use private_engine::PrivateEngine;
mod lookout;
pub use lookout::{Lookout, Postmaster};

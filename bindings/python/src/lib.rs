//! The native half of the Python package `pgs`: every operation as a `Call` that Python waits for, in an event
//! loop or in a thread. The other half, in `python/pgs`, gives them their names.
//!
//! No thread of this module's own ever attaches to the interpreter: an ended call rings a bell, which is a socket, and
//! Python's own threads fetch what it answered. So the interpreter may end, and an event loop be closed, at any moment.

mod answer;
mod answers;
mod bell;
mod call;
mod command;
mod failure;
mod home;
mod manager;
mod opened;
mod options;
mod owned;
mod place;
mod read;
mod server;
mod settle;
mod supervision;
mod watch;

use pyo3::prelude::*;

/// The native half of the package.
#[pymodule(name = "_pgs")]
mod native {
    #[pymodule_export]
    use crate::{
        bell::Bell,
        call::Call,
        command::run_command,
        home::tasks,
        manager::{Manager, ephemeral, open},
        server::Server,
        settle::settle,
        supervision::Supervision,
        watch::Watch,
    };
}

//! What the packages of all languages have in common: an open state directory that can be closed, options that are read
//! strictly, and results and errors as plain values. Each package adds its language's own way to call it, and nothing else.

mod create;
mod dialect;
mod fault;
mod log_lines;
mod manager;
mod open;
mod reports;
mod serve;
mod server;
mod set;
mod size;
mod supervision;
mod watch;

pub use create::{create_options, init_scripts};
pub use dialect::Dialect;
pub use fault::{CLOSED, Fault};
pub use log_lines::LOG_LINES;
pub use manager::{Ending, Manager};
pub use open::{OpenOptions, open_options};
pub use serve::{ServeOptions, serve_options};
pub use server::Server;
pub use set::{alter_options, networks_options};
pub use supervision::Supervision;
pub use watch::Watch;

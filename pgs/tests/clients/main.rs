//! The clients that people use, through the proxy: what they show is what a direct connection shows.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

#[expect(dead_code, reason = "the tests of the protocol need more of the stage")]
#[path = "../common/mod.rs"]
mod common;
mod door;
mod errand;
mod mode;
mod peers;
#[expect(dead_code, reason = "the tests of the protocol connect by themselves")]
#[path = "../common/tls_door.rs"]
mod tls_door;
mod tunnel;

mod channel_binding;
mod drivers;
mod dump;
mod isolation;
mod listeners;
mod older_server;
mod pgbench;
mod psql;
mod psycopg;
mod sqlx;
mod tls;
mod tokio_postgres;

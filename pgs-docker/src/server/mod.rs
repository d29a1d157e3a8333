//! Containers: making, starting, awaiting, changing and stopping them, and what is heard of them.

pub(crate) mod alter;
pub(crate) mod complete;
pub(crate) mod create;
pub(crate) mod exit;
pub(crate) mod helper;
pub(crate) mod holder;
pub(crate) mod limits;
pub(crate) mod logs;
pub(crate) mod make;
pub(crate) mod network;
pub(crate) mod ready;
pub(crate) mod recipe;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod trash;
pub(crate) mod watch;

//! What is on disk, and how it gets there so that a kill at any moment leaves something recognisable.

pub(crate) mod clone;
pub(crate) mod conf;
pub(crate) mod control_file;
pub(crate) mod durable;
pub(crate) mod home;
pub(crate) mod label;
pub(crate) mod layout;
pub(crate) mod logs;
pub(crate) mod placement;
pub(crate) mod secrets;
pub(crate) mod trash;

//! The Docker Engine: where it is, how it is asked, what it can do, and what its errors mean.

mod surroundings;
pub(crate) use surroundings::Surroundings;
mod address;
pub(crate) use address::Address;
mod context;
mod handle;
mod hex;
mod transport;
pub(crate) use handle::Engine;
mod info;
pub(crate) use info::EngineInfo;
mod failure;
pub(crate) use failure::{
    is_conflict, is_in_container, is_not_found, is_unseen_directory, or_not_modified,
};
mod words;
pub(crate) use words::{FREE_SOME, is_disk_full, is_exhausted};

#[cfg(test)]
mod tests;

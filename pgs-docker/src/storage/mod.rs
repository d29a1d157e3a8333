//! What is kept of a tenant, in the engine and on the host: names, labels, volumes, files, secrets.

pub(crate) mod archive;
pub(crate) mod control_file;
pub(crate) mod files;
pub(crate) mod labels;
pub(crate) mod layout;
pub(crate) mod naming;
pub(crate) mod place;
pub(crate) mod scripts;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod volume;

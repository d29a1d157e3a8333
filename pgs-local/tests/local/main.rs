//! The local provisioner with real servers.
#![cfg(test)]

mod adoption;
mod crashes;
mod isolation;
mod kill_points;
mod lifecycle;
mod machine;
mod promises;
mod scripts;
mod secrets;
mod settings;
mod surroundings;
mod trash;

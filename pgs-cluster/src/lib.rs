//! What pgs knows of the files of a `PostgreSQL` data directory, a database cluster in the manual's words.
//!
//! Bytes in, bytes out: provisioners keep data directories in different places (a directory of the host, a volume), but a
//! control file, a segment of the write-ahead log and a configuration file are the same everywhere.
//!
//! ```
//! use pgs_cluster::{ControlFile, SystemIdentifier};
//!
//! assert!(ControlFile::parse(vec![0; 8192]).is_none(), "its checksum is wrong");
//! assert_ne!(SystemIdentifier::generate(), SystemIdentifier::generate());
//! ```

mod control_file;
pub use control_file::ControlFile;
mod identity;
pub use identity::SystemIdentifier;
mod settings;
pub use settings::{HBA_LOCAL, HBA_TCP, own_settings};
mod wal;
pub use wal::reidentify_segment;

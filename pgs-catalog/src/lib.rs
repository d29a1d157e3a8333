//! The durable catalogue of pgs: SQLite shared by every process that embeds it.

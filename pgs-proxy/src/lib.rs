//! The async router of pgs: one port in front of every tenant's PostgreSQL server.

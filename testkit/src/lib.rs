//! Unpublished test tools of pgs: behaviour suites that every implementation of a trait passes, a raw `PostgreSQL` byte
//! client, and fixtures made of real parts.

pub mod provisioner_suite;

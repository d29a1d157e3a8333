//! Provisioner of pgs: a tenant is a local PostgreSQL process.

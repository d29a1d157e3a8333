//! One port, one PostgreSQL server per tenant: the library.

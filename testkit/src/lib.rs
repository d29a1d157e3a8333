//! Unpublished test tools of pgs: behaviour suite, raw PostgreSQL client, fixtures.

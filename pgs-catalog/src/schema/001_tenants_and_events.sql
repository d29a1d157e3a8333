-- The record is one JSON text, so that it grows with TenantRecord without a migration for each of its fields. What a person
-- looks for beside it is generated from it and cannot contradict it. Only what Rust decides is written apart from it.
CREATE TABLE tenants (
    uid       TEXT NOT NULL PRIMARY KEY,
    id        TEXT NOT NULL AS (record ->> '$.id'),
    held_name TEXT UNIQUE, -- the name while the tenant holds it, which in the trash it does not
    state     TEXT NOT NULL AS (record ->> '$.lifecycle.state'),
    access    TEXT NOT NULL AS (record ->> '$.access'),
    desired   TEXT NOT NULL AS (record ->> '$.desired'),
    revision  INTEGER NOT NULL,
    record    TEXT NOT NULL
) STRICT;

-- The audit log and the change feed. Append-only and never trimmed so far; AUTOINCREMENT keeps a number from coming back
-- when that changes. A tenant's events outlive it, so uid refers to nothing.
CREATE TABLE events (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL, -- milliseconds since 1970-01-01 00:00 UTC
    uid    TEXT NOT NULL,
    id     TEXT NOT NULL,
    kind   TEXT NOT NULL,
    detail TEXT
) STRICT;

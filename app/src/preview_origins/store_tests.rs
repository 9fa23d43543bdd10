//! Preview origins in PostgreSQL.

//! Tests of the record, each against a PostgreSQL database of its own.

//! Real processes for tests and measurements: a PostgreSQL that can be killed, servers beside it, and who asks them.
//!
//! No test of its own: `faults` and the benchmark take it in by its path.

mod admin;
mod client;
mod postgres;
mod server;
pub(crate) mod server_process;

pub(crate) use admin::{Admin, Saved};
pub(crate) use client::Client;
pub(crate) use postgres::Postgres;
pub(crate) use server::Server;

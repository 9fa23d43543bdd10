//! How Portal Redirects runs: configuration, HTTP, the database, the portal runtime, logs and metrics.
//!
//! `cli` parses the command line and `process` carries it out. `router` lists every HTTP route; `portal` serves visitors.

pub mod cli;
pub mod config;
pub mod dashboard;
pub mod database;
pub mod http;
pub mod observe;
pub mod portal;
pub mod process;
mod resolve;
pub mod router;
mod security;

pub use process::serve::run;

/// The parts that the benchmark puts around a fixed response, to compare it with the router.
#[doc(hidden)]
pub mod measured {
    pub use crate::{
        http::connections::{PATIENCE, serve, serve_each},
        observe::metrics::start as keep_metrics,
        security::around,
    };
}

//! How Portal Redirects runs: configuration, HTTP, the database's life, the portal.
//!
//! `cli` reads what is wanted, `run` does it; `router` is the whole HTTP surface, and `portal` the part for visitors.

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

pub use process::serve::run;

/// What the benchmark puts around a fixed answer, to compare with the router.
#[doc(hidden)]
pub mod measured {
    pub use crate::{
        http::{
            connections::{PATIENCE, serve, serve_each},
            layers::around,
        },
        observe::metrics::start as keep_metrics,
    };
}

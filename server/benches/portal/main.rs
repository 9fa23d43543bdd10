//! What the portal costs, as ratios of one run on one machine: its answers beside a fixed one, a million instances beside ten, and
//! how long a save takes until another process serves it. `make bench` draws the report; a figure that is missed fails it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are this program's answer")]

mod load;
#[path = "../../tests/process/mod.rs"]
#[expect(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "shared with the tests; stops where something does not hold"
)]
mod process;
mod propagation;
mod report;
mod resolve_endpoint;
mod scale;
mod statements;

use std::process::ExitCode;

use process::Postgres;
use report::Figures;

fn main() -> ExitCode {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    match measure() {
        Ok(missed) if missed.is_empty() => ExitCode::SUCCESS,
        Ok(missed) => {
            for figure in missed {
                eprintln!("portal: missed: {figure}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("portal: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures everything, writes it down, and answers what is not as it should be.
fn measure() -> anyhow::Result<Vec<String>> {
    let postgres = Postgres::new(&[
        "shared_preload_libraries=pg_stat_statements",
        "synchronous_commit=off",
        "shared_buffers=256MB",
        "max_wal_size=4GB",
        "max_parallel_workers_per_gather=0",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut figures = Figures::default();
    // All of them, or those that are named: `cargo bench -p server --bench portal -- answers`.
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|named| named == name);
    if wanted("resolve_endpoint") {
        resolve_endpoint::measure(&runtime, &postgres, &mut figures)?;
    }
    if wanted("propagation") {
        propagation::measure(&runtime, &postgres, &mut figures)?;
    }
    if wanted("scale") {
        scale::measure(&runtime, &postgres, &mut figures)?;
    }
    figures.write()
}

//! Benchmarks of the portal, as ratios within one run on one machine: the resolve endpoint against a fixed response, a million
//! instances against ten, the time until another process serves a save, how many sign-ins and answers about sessions a core gives, what
//! counting visits takes, and what visitors notice of floods.
//! `make bench` puts the figures into its report, and fails if a goal is missed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its results")]

mod floods;
mod load;
mod peers;
#[path = "../../tests/process/mod.rs"]
#[expect(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "shared with the tests, which panic on failure")]
mod process;
mod propagation;
mod report;
mod resolve_endpoint;
mod scale;
mod sessions;
mod sign_ins;
mod statements;
mod visits;

use std::process::ExitCode;

use process::Postgres;
use report::Report;
use tokio::runtime::Runtime;

/// Adds a benchmark's figures to the report.
type Measure = fn(&Runtime, &Postgres, &mut Report) -> anyhow::Result<()>;

/// Every benchmark, by its name.
const BENCHMARKS: [(&str, Measure); 8] = [
    ("resolve_endpoint", resolve_endpoint::measure),
    ("peers", peers::measure),
    ("propagation", propagation::measure),
    ("scale", scale::measure),
    ("sessions", sessions::measure),
    ("sign_ins", sign_ins::measure),
    ("visits", visits::measure),
    ("floods", |runtime, _, report| floods::measure(runtime, report)),
];

fn main() -> ExitCode {
    // `cargo test --benches` runs this without `--bench`: then measure nothing.
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

/// Measures everything, writes the report, and returns the figures that missed their goal.
fn measure() -> anyhow::Result<Vec<String>> {
    let postgres = Postgres::new(&[
        "shared_preload_libraries=pg_stat_statements",
        "synchronous_commit=off",
        "shared_buffers=256MB",
        "max_wal_size=4GB",
        "max_parallel_workers_per_gather=0",
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    // All benchmarks, or only the named ones: `cargo bench -p server --bench portal -- resolve_endpoint`.
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, measure) in BENCHMARKS {
        if (named.is_empty() || named.iter().any(|named| named == name))
            && let Err(error) = measure(&runtime, &postgres, &mut report)
        {
            report.fail(&error.context(name));
        }
    }
    report.write()
}

//! The command `portal-redirects`.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    server::run(server::cli::Cli::parse())
}

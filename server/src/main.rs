//! The `portal-redirects` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match server::run(server::cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            print_error(&format!("portal-redirects: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the terminal shows why the program failed, whatever the log filter")]
fn print_error(text: &str) {
    eprintln!("{text}");
}

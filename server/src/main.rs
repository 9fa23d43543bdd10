//! The `portal-redirects` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Before anything else: what process 1 starts must be its child.
    let cli = server::cli::Cli::parse();
    let done = match server::run_as_init() {
        Ok(Some(code)) => return code,
        Ok(None) => server::run(cli),
        Err(error) => Err(error),
    };
    match done {
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

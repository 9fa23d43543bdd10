//! The command `portal-redirects`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match server::run(server::cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            say(&format!("portal-redirects: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one at the terminal reads why it ended, whatever the log's filter")]
fn say(text: &str) {
    eprintln!("{text}");
}

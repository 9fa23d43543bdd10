//! Lines on standard output for the person who started the server, whatever the log filter.

/// Prints a line on standard output.
#[expect(clippy::print_stdout, reason = "the person at the terminal waits for it")]
pub(crate) fn print_line(text: &str) {
    println!("{text}");
}

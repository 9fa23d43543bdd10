//! What whoever started the server must see, whatever the log's filter.

/// Says it, on standard output.
#[expect(clippy::print_stdout, reason = "the one at the terminal waits for it")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

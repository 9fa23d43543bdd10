//! URLs quoted for the formats of snippets. A serialised URL is ASCII without blanks, line breaks, `<` and `>`; `"` may be in
//! its host, and `'`, backticks, `$`, `#`, `&`, `\` and braces in the rest.

use std::borrow::Cow;

/// A JavaScript or TypeScript string.
pub(super) fn script(url: &str) -> String {
    format!("\"{}\"", url.replace('\\', r"\\").replace('"', "\\\""))
}

/// An attribute's value in JSX or in a Vue template, where `&copy;` would be read as ©.
pub(super) fn attribute(url: &str) -> String {
    format!("\"{}\"", url.replace('&', "&amp;").replace('"', "&quot;"))
}

/// The URL as a `.env` file can hold it. Where none can, or where some loader would run it, it is percent-encoded, which
/// means the same to a server.
pub(super) fn holdable(url: &str) -> Cow<'_, str> {
    let mut held = Cow::Borrowed(url);
    if held.contains('"') {
        held = held.replace('"', "%22").into();
    }
    // dotenv-expand runs `$(…)` as a command from its version 1000 on, escaped or not.
    if held.contains("$(") {
        held = held.replace("$(", "$%28").into();
    }
    if try_env(&held).is_none() {
        held = held.replace('\\', "%5C").into();
    }
    held
}

/// The value of a variable in a `.env` file, for `url` as [`holdable`] answers it.
pub(super) fn env(url: &str) -> String {
    try_env(url).unwrap_or_else(|| format!("\"{url}\""))
}

/// Quotes it for dotenv, Node's `parseEnv`, dotenv-expand and c12, which the frameworks read `.env` files by. They know one
/// escape, `\$`; `\n` between double quotes is a line break to them, and `#` without quotes begins a comment.
fn try_env(url: &str) -> Option<String> {
    let value = url.replace('$', r"\$");
    if !url.contains('\\') {
        return Some(format!("\"{value}\""));
    }
    // c12 takes the wrong one of two backslashes away when another `$` follows.
    if url.contains(r"\$") {
        return None;
    }
    // A backslash before the closing quote may escape it, and the value would go on in the next line.
    let quote = ['\'', '`'].into_iter().find(|quote| !value.contains(*quote) && !value.ends_with('\\'));
    quote.map(|quote| format!("{quote}{value}{quote}")).or_else(|| (!value.contains('#')).then_some(value))
}

//! Quotes URLs for the formats of the snippets. A serialised URL is ASCII without blanks, line breaks, `<` and `>`. Its host may contain
//! `"`, and the rest `'`, backticks, `$`, `#`, `&`, `\` and braces.

use std::borrow::Cow;

/// The URL as a JavaScript or TypeScript string.
pub(super) fn script(url: &str) -> String {
    format!("\"{}\"", url.replace('\\', r"\\").replace('"', "\\\""))
}

/// The URL as the value of an attribute in JSX or in a Vue template, where `&copy;` would be read as ©.
pub(super) fn attribute(url: &str) -> String {
    format!("\"{}\"", url.replace('&', "&amp;").replace('"', "&quot;"))
}

/// The URL as a `.env` file can contain it. The characters that no `.env` file can contain, or that a loader would run as a command, are
/// percent-encoded, which means the same to a server.
pub(super) fn env_safe(url: &str) -> Cow<'_, str> {
    let mut safe = Cow::Borrowed(url);
    if safe.contains('"') {
        safe = safe.replace('"', "%22").into();
    }
    // dotenv-expand runs `$(…)` as a command from its version 1000 on, escaped or not.
    if safe.contains("$(") {
        safe = safe.replace("$(", "$%28").into();
    }
    if try_env(&safe).is_none() {
        safe = safe.replace('\\', "%5C").into();
    }
    safe
}

/// The quoted value of a variable in a `.env` file, for a URL that [`env_safe`] returned.
pub(super) fn env(url: &str) -> String {
    try_env(url).unwrap_or_else(|| format!("\"{url}\""))
}

/// Quotes a URL for dotenv, Node's `parseEnv`, dotenv-expand and c12, with which the frameworks read `.env` files; `None` if that is
/// impossible. These loaders have one escape, `\$`. Between double quotes they read `\n` as a line break, and without quotes `#` begins a
/// comment.
fn try_env(url: &str) -> Option<String> {
    let value = url.replace('$', r"\$");
    if !url.contains('\\') {
        return Some(format!("\"{value}\""));
    }
    // c12 removes the wrong one of two backslashes if another `$` follows.
    if url.contains(r"\$") {
        return None;
    }
    // A backslash before the closing quote may escape it, and the value would continue on the next line.
    let quote = ['\'', '`'].into_iter().find(|quote| !value.contains(*quote) && !value.ends_with('\\'));
    quote.map(|quote| format!("{quote}{value}{quote}")).or_else(|| (!value.contains('#')).then_some(value))
}

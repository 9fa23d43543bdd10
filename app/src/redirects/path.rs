//! Where crate `url` and browsers differ in a path: mended where that is certain, told where it is not.

use url::Url;

use super::hostname::without_tabs_and_newlines;

/// Escapes in a path what Chromium escapes there: `^`, which the crate's standard is too old for, and `|`, which no standard says.
pub(super) fn escape(url: &mut Url) {
    if url.path().contains(['^', '|']) {
        let path = url.path().replace('^', "%5E").replace('|', "%7C");
        url.set_path(&path);
    }
}

/// Whether `..` in a value may have left a segment that browsers take away. The crate keeps one that looks like a drive letter
/// in URLs that are no files too: <https://github.com/servo/rust-url/issues/1130>.
pub(super) fn may_keep_a_segment(value: &str, url: &Url) -> bool {
    let is_drive_letter = |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    url.path_segments().is_some_and(|mut segments| segments.any(is_drive_letter)) && goes_up(value)
}

/// Whether a segment of the value's path is two dots, in any spelling.
fn goes_up(value: &str) -> bool {
    let value = without_tabs_and_newlines(value);
    let path = value.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let segment = segment.trim_matches(|c| c <= ' ');
        // Most segments are none: only what could be one is spelled out.
        segment.len() <= 6 && segment.to_ascii_lowercase().replace("%2e", ".") == ".."
    })
}

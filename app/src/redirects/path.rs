//! Where crate `url` and browsers differ in a path: mended where that is certain, told where it is not.

use url::Url;

use super::host::without_tabs_and_newlines;

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

/// Whether two dots in a row are in a value, in any spelling.
fn goes_up(value: &str) -> bool {
    without_tabs_and_newlines(value).to_ascii_lowercase().replace("%2e", ".").contains("..")
}

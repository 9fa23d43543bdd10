//! Where crate `url` and browsers read a path differently. Certain differences are corrected, the others make a value ambiguous.

use url::Url;

use super::hostname::without_tabs_and_newlines;

/// Whether a path with such a byte may be read in two ways. [`escape`] and [`may_keep_a_segment`] take a closer look.
pub(super) fn is_special_in_path(byte: u8) -> bool {
    matches!(byte, b'^' | b'|' | b':')
}

/// Escapes what Chromium escapes in a path and the crate does not: `^`, as newer versions of the standard say, and `|`, as none says.
pub(super) fn escape(url: &mut Url) {
    if url.path().contains(['^', '|']) {
        let path = url.path().replace('^', "%5E").replace('|', "%7C");
        url.set_path(&path);
    }
}

/// Whether a `..` in a value may have kept a segment that browsers remove. The crate keeps a segment that looks like a drive
/// letter, not only in file URLs: <https://github.com/servo/rust-url/issues/1130>.
pub(super) fn may_keep_a_segment(value: &str, url: &Url) -> bool {
    let is_drive_letter = |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    url.path().split('/').any(is_drive_letter) && goes_up(value)
}

/// Whether a segment of the value's path is two dots, in any spelling.
fn goes_up(value: &str) -> bool {
    let value = without_tabs_and_newlines(value);
    let path = value.split(['?', '#']).next().unwrap_or_default();
    path.split(['/', '\\']).any(|segment| {
        let segment = segment.trim_matches(|c| c <= ' ');
        // Most segments are too long to be two dots, so they are not decoded.
        segment.len() <= 6 && segment.to_ascii_lowercase().replace("%2e", ".") == ".."
    })
}

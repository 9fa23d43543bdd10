//! Whether all browsers read the host of a value as the same name. They turn letters outside ASCII into a name by UTS 46, and its
//! versions differ.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

/// Whether current browsers all read the same host of `url` in `value`. `url` is `value` as parsed with `home` as its base.
pub(super) fn has_one_name(home: &Url, value: &str, url: &Url) -> bool {
    // A host in ASCII, `xn--` included, is its own name.
    if !has_byte(value, is_special_in_host) {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    // The standard keeps `*`, but Chromium writes it as `%2A`.
    if host.contains('*') {
        return false;
    }
    if value.is_ascii() && !value.contains('%') {
        return true;
    }
    let text = without_tabs_and_newlines(value);
    let Some(authority) = authority(&text, url.scheme()) else { return url.host() == home.host() };
    if authority == host {
        return true;
    }
    // The parser decides whether the host was found in the right place.
    let found = Url::parse(&format!("https://{authority}")).is_ok_and(|found| found.host() == url.host());
    let written = percent_decode_str(authority).decode_utf8_lossy();
    found
        && (written.is_ascii() || (written.chars().all(|c| c.is_ascii() || !(is_renamed(c) || is_new(c))) && host.split('.').all(is_plain)))
}

/// Whether a host with such a byte may have several names. [`has_one_name`] says whether it has.
pub(super) fn is_special_in_host(byte: u8) -> bool {
    matches!(byte, b'%' | b'*' | 0x80..)
}

/// Whether a short text has such a byte. To look at all of them is faster than to stop at the first one.
pub(super) fn has_byte(text: &str, is_meant: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(false, |found, byte| found | is_meant(byte))
}

/// The value without tabs and line breaks, which URL parsers remove first.
pub(super) fn without_tabs_and_newlines(value: &str) -> Cow<'_, str> {
    if value.contains(['\t', '\n', '\r']) { value.replace(['\t', '\n', '\r'], "").into() } else { value.into() }
}

/// The host and port as written. `None` if the value has none, as a path has not.
fn authority<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let text = text.trim_matches(|c| c <= ' ');
    let absolute = text.split_once(':').filter(|(start, _)| start.eq_ignore_ascii_case(scheme));
    let rest = absolute.map_or(text, |(_, rest)| rest);
    let from_host = rest.trim_start_matches(['/', '\\']);
    if absolute.is_none() && rest.len() - from_host.len() < 2 {
        return None;
    }
    let authority = from_host.split(['/', '\\', '?', '#']).next()?;
    authority.rsplit('@').next()
}

/// Whether browsers read an `xn--` label the same way in a host with letters outside ASCII as in a host without.
fn is_plain(label: &str) -> bool {
    if !label.starts_with("xn--") {
        return true;
    }
    let (meaning, _) = idna::domain_to_unicode(label);
    // Chromium rejects ASCII symbols in such a label, and an `xn--` inside an `xn--`.
    !meaning.starts_with("xn--") && meaning.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && !is_new(c)))
}

/// Whether the versions of UTS 46 in current browsers and IDNA 2003 map `c` to different names.
fn is_renamed(c: char) -> bool {
    // `ss` before Unicode 15.1, `ß` since then. All current browsers read `ß`, `ς` and the joiners alike, by nontransitional processing.
    c == 'ẞ'
        // Capitals without a small letter in Unicode 3.2. IDNA 2003 keeps them, later versions map them to their small letters.
        || matches!(c, '\u{4c0}' | '\u{10a0}'..='\u{10c5}' | '\u{2132}' | '\u{2183}')
        // Fillers. IDNA 2003 keeps them or maps them to each other, Unicode 16 maps them to nothing. The last one is the opposite.
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' | '\u{1806}')
        // Ideographs whose decomposition was corrected after Unicode 3.2 (Corrigendum 4).
        || matches!(c, '\u{2f868}' | '\u{2f874}' | '\u{2f91f}' | '\u{2f95f}' | '\u{2f9bf}')
}

/// Whether `c` is new in Unicode 18. The parser here knows it, but browsers may not.
fn is_new(c: char) -> bool {
    matches!(
        c,
        '\u{558}' | '\u{58b}'..='\u{58c}' | '\u{5c8}'..='\u{5c9}' | '\u{b53}'..='\u{b54}' | '\u{1ade}'..='\u{1adf}'
        | '\u{1aec}'..='\u{1af0}' | '\u{208f}' | '\u{209d}'..='\u{209f}' | '\u{20c2}'..='\u{20c4}' | '\u{2e60}'..='\u{2e63}'
        | '\u{a7dd}'..='\u{a7e2}' | '\u{ab6c}'..='\u{ab6d}' | '\u{107bb}'..='\u{107bf}' | '\u{10ec9}'..='\u{10ecf}'
        | '\u{10ed9}'..='\u{10ef9}' | '\u{11b0a}' | '\u{11df0}'..='\u{11df1}' | '\u{1246f}' | '\u{12475}'..='\u{1247f}'
        | '\u{12550}'..='\u{12686}' | '\u{18cd6}'..='\u{18cda}' | '\u{18d1f}'..='\u{18d20}' | '\u{18e00}'..='\u{191d2}'
        | '\u{1b123}'..='\u{1b128}' | '\u{1b168}' | '\u{1ced2}'..='\u{1cedf}' | '\u{1cef1}'..='\u{1cefd}'
        | '\u{1d127}'..='\u{1d128}' | '\u{1d1eb}'..='\u{1d1ff}' | '\u{1d250}'..='\u{1d281}' | '\u{1d6a6}'
        | '\u{1db00}'..='\u{1db1c}' | '\u{1df1f}'..='\u{1df24}' | '\u{1df2b}'..='\u{1dfff}' | '\u{1f1ae}' | '\u{1f6d9}'
        | '\u{1f7da}'..='\u{1f7db}' | '\u{1f7f1}'..='\u{1f7ff}' | '\u{1fa8b}'..='\u{1fa8d}' | '\u{1facc}' | '\u{1fadd}'
        | '\u{1faeb}' | '\u{1faf9}'..='\u{1fafa}' | '\u{2b81e}' | '\u{3d000}'..='\u{3fc3f}'
    )
}

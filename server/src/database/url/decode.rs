//! Percent-decoding, where a mistake is named instead of passed through.

use percent_encoding::percent_decode_str;

use super::error::UrlProblem;

/// Decodes a part of a URL.
///
/// # Errors
/// A `%` is not followed by two hexadecimal digits, or what is decoded is not UTF-8 or contains a zero byte.
pub(super) fn decode(text: &str, part: &str) -> Result<String, UrlProblem> {
    let wrong = || UrlProblem::Encoding(part.to_owned());
    let is_encoded = text.split('%').skip(1).all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| wrong())?;
    if is_encoded && !decoded.contains('\0') { Ok(decoded.into_owned()) } else { Err(wrong()) }
}

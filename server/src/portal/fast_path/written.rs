//! Responses as the bytes that are sent, with what hyper adds to every response.

use std::{
    cell::RefCell,
    io::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    body,
    http::{HeaderName, HeaderValue},
    response::Response,
};
use futures_util::FutureExt;

/// Appends a response whose body is in memory. `false` if it is not: then nothing is appended.
pub(super) fn write_response(response: Response, written: &mut Vec<u8>) -> bool {
    let (parts, body) = response.into_parts();
    let Some(Ok(body)) = body::to_bytes(body, usize::MAX).now_or_never() else { return false };
    let reason = parts.status.canonical_reason().unwrap_or_default();
    // Writing to memory can't fail.
    let _ = write!(written, "HTTP/1.1 {} {reason}\r\n", parts.status.as_str());
    parts.headers.iter().for_each(|(name, value)| write_header(written, name, value));
    write_end(written, &body);
    true
}

/// Appends the last headers and the body.
pub(super) fn write_end(written: &mut Vec<u8>, body: &[u8]) {
    let _ = write!(written, "content-length: {}\r\ndate: ", body.len());
    write_date(written);
    written.extend_from_slice(b"\r\n\r\n");
    written.extend_from_slice(body);
}

/// Appends a header.
pub(super) fn write_header(written: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
        written.extend_from_slice(part);
    }
}

/// Appends the time as HTTP writes it. It is the same for a second.
fn write_date(written: &mut Vec<u8>) {
    thread_local! {
        static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = SystemTime::now();
    let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    LAST.with_borrow_mut(|(last, text)| {
        if *last != second || text.is_empty() {
            (*last, *text) = (second, httpdate::fmt_http_date(now));
        }
        written.extend_from_slice(text.as_bytes());
    });
}

//! Reading what a form has posted.

use axum::{
    body::{Body, Bytes},
    http::{header, request::Parts},
};
use futures_util::StreamExt;
use percent_encoding::percent_decode;
use url::form_urlencoded;

/// The largest form that is read, in bytes: a link may be pasted with a megabyte too much, and is still answered beside its field.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// How much of a body that nobody keeps is still taken from the client, in bytes. Browsers read no answer before they have sent it.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// Why a body is not read as a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAForm {
    /// It is larger than any form.
    #[error("the form is too large")]
    TooLarge,
    /// It is of another kind, or not UTF-8: the readers would put another character in its place.
    #[error("the body is not a form")]
    Other,
}

/// Reads a form's body. Most routes have a layer around them that allows far less.
pub(crate) async fn read_body(parts: &Parts, body: Body) -> Result<Bytes, NotAForm> {
    let body = axum::body::to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| NotAForm::TooLarge)?;
    if is_form(parts) && percent_decode(&body).decode_utf8().is_ok() { Ok(body) } else { Err(NotAForm::Other) }
}

/// Reads a body of at most that many bytes. A longer one is taken from the client piece by piece, and not kept: `None`.
pub(crate) async fn read_short(body: Body, max: usize) -> Option<Vec<u8>> {
    let (mut kept, mut taken, mut chunks) = (Some(Vec::new()), 0, body.into_data_stream());
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        taken += chunk.len();
        if taken > MAX_DISCARDED_BYTES {
            return None;
        }
        kept = kept.filter(|_| taken <= max);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&chunk);
        }
    }
    kept
}

/// Whether a request says that its body is a form, as browsers send it without an `enctype`.
pub(crate) fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The fields of a form, in order.
pub(crate) fn fields(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

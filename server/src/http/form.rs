//! Reading what a form has posted, and keeping it to be sent again.

use app::{error::AppError, layout::loading::Posted};
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{header, request::Parts},
    response::Response,
};
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::dashboard::rendering::Pages;

/// The largest form that is read, in bytes: a link may be pasted with a megabyte too much, and is still answered beside its field.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// The largest form that is kept for somebody who is not let in, in bytes and in fields.
const MOST_KEPT_BYTES: usize = 256 * 1024;
const MOST_KEPT_FIELDS: usize = 200;

/// Reads a request's form. What is none is answered.
pub(crate) async fn read(pages: &Pages, request: Request) -> Result<(Parts, Bytes), Response> {
    let (parts, body) = request.into_parts();
    match read_body(&parts, body).await {
        Ok(body) => Ok((parts, body)),
        Err(error) => Err(pages.render_error(parts, error, || ()).await),
    }
}

/// Reads a form's body: too large, or none where it is of another kind or no UTF-8, since the readers would put another character
/// in its place.
pub(crate) async fn read_body(parts: &Parts, body: Body) -> Result<Bytes, AppError> {
    // Most routes have a layer around them that allows far less.
    let body = axum::body::to_bytes(body, LARGEST_BODY).await.map_err(|_| AppError::TooLarge)?;
    if is_form(parts) && percent_decode(&body).decode_utf8().is_ok() { Ok(body) } else { Err(AppError::BadRequest) }
}

/// A form that has arrived, with the request around it.
pub(crate) struct Received<Form> {
    /// The request.
    pub(crate) parts: Parts,
    /// What was typed.
    pub(crate) form: Form,
    /// The same, to be sent again.
    pub(crate) posted: Posted,
}

/// Reads a request's form. Missing, unknown and wrongly repeated fields are a form that this dashboard did not make.
pub(crate) async fn read_form<Form: DeserializeOwned>(pages: &Pages, request: Request) -> Result<Received<Form>, Response> {
    let (parts, body) = read(pages, request).await?;
    match serde_html_form::from_bytes(&body) {
        Ok(form) => Ok(Received { parts, form, posted: posted(&body) }),
        Err(_) => Err(pages.render_error(parts, AppError::BadRequest, || ()).await),
    }
}

/// What was posted, to be sent again; `None` where it is no form.
pub(crate) async fn kept(request: Request) -> Option<Posted> {
    // Nobody has let them in yet: no more is read and shown again than the largest page has.
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_KEPT_BYTES).await.ok()?;
    let whole = is_form(&parts) && url::form_urlencoded::parse(&body).count() <= MOST_KEPT_FIELDS;
    whole.then(|| posted(&body))
}

fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// A form's fields, to be sent again.
pub(crate) fn posted(body: &Bytes) -> Posted {
    Posted { fields: url::form_urlencoded::parse(body).into_owned().collect(), enctype: None }
}

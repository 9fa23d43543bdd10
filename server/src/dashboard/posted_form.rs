//! The extractor of forms that are posted to the dashboard.

use app::{error::AppError, layout::error_page::PostedFields, ui::correction::corrected};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::failure::{Failure, KeptForm};
use crate::http::form::{NotAForm, fields, is_form, read_body, read_short};

/// The largest form that is kept for somebody who is not let in, in bytes and in fields.
pub(super) const MAX_KEPT_BYTES: usize = 256 * 1024;
const MAX_KEPT_FIELDS: usize = 200;

/// A form that was posted, with the request around it. The error page of a failed request offers to send it again.
#[derive(Debug)]
pub(super) struct PostedForm<Form> {
    /// The request.
    pub(super) parts: Parts,
    /// What was typed.
    pub(super) form: Form,
}

impl<S: Send + Sync, Form: DeserializeOwned> FromRequest<S> for PostedForm<Form> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = read(request).await?;
        let body = corrected(&body).map_or(body, Bytes::from);
        if let Some(kept) = parts.extensions.get::<KeptForm>() {
            kept.keep(posted_fields(&body));
        }
        Ok(Self { form: parse(&body)?, parts })
    }
}

/// The same for a form with a password, which is not kept.
#[derive(Debug)]
pub(super) struct SecretForm<Form> {
    /// The request.
    pub(super) parts: Parts,
    /// What was typed.
    pub(super) form: Form,
}

impl<S: Send + Sync, Form: DeserializeOwned> FromRequest<S> for SecretForm<Form> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body) = read(request).await?;
        Ok(Self { form: parse(&body)?, parts })
    }
}

/// Reads a request's form as it was written.
///
/// # Errors
/// It is too large, or no form.
pub(super) async fn read(request: Request) -> Result<(Parts, Bytes), Failure> {
    let (parts, body) = request.into_parts();
    let body = read_body(&parts, body).await.map_err(|error| match error {
        NotAForm::TooLarge => AppError::TooLarge,
        NotAForm::Other => AppError::BadRequest,
    })?;
    Ok((parts, body))
}

/// Missing, unknown and wrongly repeated fields mean that the form is not one of this dashboard.
fn parse<Form: DeserializeOwned>(body: &Bytes) -> Result<Form, Failure> {
    serde_html_form::from_bytes(body).map_err(|_| AppError::BadRequest.into())
}

/// A form's fields, to be sent again.
pub(super) fn posted_fields(body: &[u8]) -> PostedFields {
    PostedFields { fields: fields(body), enctype: None }
}

/// The form of somebody who is not let in, to be sent again; `None` where it is none.
pub(super) async fn kept(request: Request) -> Option<PostedFields> {
    // Nobody has let them in yet: no more is kept and shown again than the largest page has.
    let (parts, body) = request.into_parts();
    let body = read_short(body, MAX_KEPT_BYTES).await?;
    let whole = is_form(&parts) && url::form_urlencoded::parse(&body).count() <= MAX_KEPT_FIELDS;
    whole.then(|| posted_fields(&body))
}

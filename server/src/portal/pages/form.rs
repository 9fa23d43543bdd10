//! Reading what a visitor has posted. What is no form of the page is a page that says so.

use std::convert::Infallible;

use app::portal::view::Notice;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::http::form::{NotAForm, read_body};

/// What was posted, or why it is none of the page's forms.
pub(super) struct Sent<Form>(pub(super) Result<Form, Notice>);

impl<S: Send + Sync, Form: DeserializeOwned> FromRequest<S> for Sent<Form> {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(Self(match read_body(&parts, body).await {
            Ok(body) => serde_html_form::from_bytes(&body).map_err(|_| Notice::NotAForm),
            Err(NotAForm::TooLarge) => Err(Notice::TooLarge),
            Err(NotAForm::Other) => Err(Notice::NotAForm),
        }))
    }
}

//! Reading the form that a visitor has sent.

use std::convert::Infallible;

use app::portal::view::Notice;
use axum::{
    extract::{FromRequest, Request},
    response::Response,
};
use serde::de::DeserializeOwned;

use super::page_request::PageRequest;
use crate::http::form::{NotAForm, read_body};

/// The form that was sent, or the notice that says why it can't be read.
pub(in crate::portal) struct VisitorForm<Form>(Result<Form, Notice>);

impl<S: Send + Sync, Form: DeserializeOwned> FromRequest<S> for VisitorForm<Form> {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(Self(match read_body(&parts, body).await {
            Ok(body) => serde_html_form::from_bytes(&body).map_err(|_| Notice::InvalidForm),
            Err(NotAForm::TooLarge) => Err(Notice::FormTooLarge),
            Err(NotAForm::Other) => Err(Notice::InvalidForm),
        }))
    }
}

impl<Form> VisitorForm<Form> {
    /// The form, or the response with the notice.
    #[expect(clippy::result_large_err, reason = "the response is sent as it is")]
    pub(in crate::portal) fn read(self, request: &PageRequest) -> Result<Form, Response> {
        self.0.map_err(|notice| request.notice(notice))
    }
}

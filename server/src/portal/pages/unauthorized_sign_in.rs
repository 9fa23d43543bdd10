//! `/unauthorized-sign-in`: for visitors who learn of a sign-in to their account that was not theirs.

use app::portal::{
    address::{AfterSignIn, Page},
    form::ButtonForm,
    view::{self, FormError},
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};

const HEADING: &str = "Was this not you?";

/// `GET /unauthorized-sign-in`
pub(super) async fn show(request: PageRequest) -> Response {
    let visitor = request.visitor().await.ok().flatten();
    let ended = request.done().is_some_and(|what| what == "others");
    request.show(HEADING, view::unauthorized_sign_in(request.address(), visitor.as_ref(), ended, None))
}

/// `POST /unauthorized-sign-in`: ends all of the visitor's sessions except the current one.
pub(super) async fn end_others(request: PageRequest, form: VisitorForm<ButtonForm>) -> Result<Response, Response> {
    form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::UnauthorizedSignIn).await?;
    let identity = request.identity();
    match request.write(identity.end_other_sessions(&visitor)).await {
        Ok(()) => {
            request.forget_sessions(&visitor, |session| session == visitor.session);
            Ok(request.redirect(&request.address().done(Page::UnauthorizedSignIn, "others")))
        }
        Err(error) => {
            let error = FormError::from(error);
            let body = view::unauthorized_sign_in(request.address(), Some(&visitor), false, Some(&error));
            Err(request.show_rejected(HEADING, &error, body))
        }
    }
}

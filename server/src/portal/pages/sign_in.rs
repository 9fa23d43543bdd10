//! `/sign-in`.

use app::{
    portal::{
        form::SignInForm,
        identity::SignInOutcome,
        view::{self, FormError},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Sign in";

/// `GET /sign-in`: signed-in visitors skip this page.
pub(super) async fn show(request: PageRequest) -> Response {
    if let Ok(Some(_)) = request.visitor().await {
        return request.go_on(Flow::SignIn);
    }
    let prefill = request.link().prefill.for_flow(Flow::SignIn);
    let identifier = prefill.email_address.or(prefill.phone_number).or(prefill.username).unwrap_or_default();
    request.show(HEADING, view::sign_in(&request.address, identifier, None))
}

/// `POST /sign-in`
pub(super) async fn sign_in(request: PageRequest, form: VisitorForm<SignInForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_sign_in(&request, &form).await {
        Ok(outcome) => Ok(request.finish_sign_in(&outcome, Flow::SignIn)),
        Err(error) => Err(request.show_rejected(HEADING, &error, view::sign_in(&request.address, form.identifier, Some(&error)))),
    }
}

async fn try_sign_in(request: &PageRequest, form: &SignInForm) -> Result<SignInOutcome, FormError> {
    let (instance, address) = (request.snapshot.id, request.client.address);
    request.context.limits.take(VisitorAttempt::SignIn { instance, identifier: &form.identifier, address })?;
    let identity = request.identity();
    Ok(request.write(identity.sign_in(form, &request.client)).await?)
}

impl PageRequest {
    /// Goes on after a sign-in or sign-up, with the session's cookie.
    pub(super) fn finish_sign_in(&self, outcome: &SignInOutcome, flow: Flow) -> Response {
        match outcome {
            SignInOutcome::SignedIn(token) => {
                self.forget_own_session();
                let mut response = self.go_on(flow);
                self.cookies.set_session(response.headers_mut(), token);
                response
            }
            SignInOutcome::RedirectToProvider(url) => self.redirect(url.as_str()),
        }
    }
}

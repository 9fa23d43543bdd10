//! `/sign-in`.

use app::{
    portal::{
        form::SignInForm,
        identity::Recognised,
        view::{self, Problem},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};
use crate::{dashboard::rate_limits::Visits, http::cookies};

const HEADING: &str = "Sign in";

/// `GET /sign-in`: who is signed in already goes straight on.
pub(super) async fn show(visit: Visit) -> Response {
    if let Ok(Some(_)) = visit.visitor().await {
        return visit.go_on(Flow::SignIn);
    }
    let prefill = visit.link().prefill.for_flow(Flow::SignIn);
    let identifier = prefill.email_address.or(prefill.phone_number).or(prefill.username).unwrap_or_default();
    visit.show(HEADING, view::sign_in(&visit.address, identifier, None))
}

/// `POST /sign-in`
pub(super) async fn sign_in(visit: Visit, Sent(form): Sent<SignInForm>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(notice) => return visit.notice(notice),
    };
    match try_sign_in(&visit, &form).await {
        Ok(recognised) => visit.let_in(&recognised, Flow::SignIn),
        Err(problem) => visit.show_again(HEADING, &problem, view::sign_in(&visit.address, form.identifier, Some(&problem))),
    }
}

async fn try_sign_in(visit: &Visit, form: &SignInForm) -> Result<Recognised, Problem> {
    let (instance, address) = (visit.instance(), visit.client.address);
    visit.limits().take_visit(Visits::SignIn { instance, identifier: &form.identifier, address }).map_err(Problem::Often)?;
    let identity = visit.identity();
    visit.done_soon(identity.sign_in(form, &visit.client)).await.map_err(problem_of)
}

impl Visit {
    /// Lets somebody in who was recognised, and goes on.
    pub(super) fn let_in(&self, recognised: &Recognised, flow: Flow) -> Response {
        match recognised {
            Recognised::Now(token) => {
                if let Some(old) = &self.client.session {
                    self.forget_token(old);
                }
                let mut response = self.go_on(flow);
                cookies::give_visitor(response.headers_mut(), self.visitors, token);
                response
            }
            Recognised::Elsewhere(provider) => self.lead(provider.as_str()),
        }
    }
}

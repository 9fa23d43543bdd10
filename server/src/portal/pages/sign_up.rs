//! `/sign-up`.

use app::{
    portal::{
        form::SignUpForm,
        identity::Recognised,
        view::{self, Problem},
    },
    redirects::{Flow, Prefill},
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};
use crate::dashboard::rate_limits::Visits;

const HEADING: &str = "Sign up";

/// `GET /sign-up`: who is signed in already goes straight on.
pub(super) async fn show(visit: Visit) -> Response {
    if let Ok(Some(_)) = visit.visitor().await {
        return visit.go_on(Flow::SignUp);
    }
    let Prefill { email_address, phone_number, username, first_name, last_name } = visit.link().prefill.for_flow(Flow::SignUp);
    let form = SignUpForm {
        email_address: email_address.unwrap_or_default(),
        phone_number: phone_number.unwrap_or_default(),
        username: username.unwrap_or_default(),
        first_name: first_name.unwrap_or_default(),
        last_name: last_name.unwrap_or_default(),
        ..SignUpForm::default()
    };
    visit.show(HEADING, view::sign_up(&visit.address, form, None))
}

/// `POST /sign-up`
pub(super) async fn sign_up(visit: Visit, Sent(form): Sent<SignUpForm>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(notice) => return visit.notice(notice),
    };
    match try_sign_up(&visit, &form).await {
        Ok(recognised) => visit.let_in(&recognised, Flow::SignUp),
        Err(problem) => visit.show_again(HEADING, &problem, view::sign_up(&visit.address, form, Some(&problem))),
    }
}

async fn try_sign_up(visit: &Visit, form: &SignUpForm) -> Result<Recognised, Problem> {
    let (instance, address) = (visit.instance(), visit.client.address);
    let identifiers = [&form.email_address, &form.phone_number, &form.username].map(String::as_str);
    visit.limits().take_visit(Visits::SignUp { instance, identifiers: &identifiers, address }).map_err(Problem::Often)?;
    let identity = visit.identity();
    visit.done_soon(identity.sign_up(form, &visit.client)).await.map_err(problem_of)
}

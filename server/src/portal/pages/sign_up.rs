//! `/sign-up`.

use app::{
    credentials::token::Token,
    portal::{
        form::SignUpForm,
        typed,
        view::{self, FormError},
    },
    redirects::{Flow, Prefill},
};
use axum::{http::HeaderMap, response::Response};

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Sign up";

/// `GET /sign-up`: signed-in visitors skip this page, unless an application wants them to sign in anew.
pub(super) async fn show(request: PageRequest, headers: HeaderMap) -> Response {
    if let Ok(Some(visitor)) = request.visitor().await
        && !request.must_sign_in_again(&visitor, &headers).await
    {
        return request.skip(Flow::SignUp);
    }
    let Prefill { email_address, phone_number, username, first_name, last_name } = request.link().prefill.for_flow(Flow::SignUp);
    let form = SignUpForm {
        email_address: email_address.unwrap_or_default(),
        phone_number: phone_number.unwrap_or_default(),
        username: username.unwrap_or_default(),
        first_name: first_name.unwrap_or_default(),
        last_name: last_name.unwrap_or_default(),
        ..SignUpForm::default()
    };
    request.show(HEADING, view::sign_up(&request.address, form, request.snapshot.provider.as_ref(), None))
}

/// `POST /sign-up`
pub(super) async fn sign_up(request: PageRequest, form: VisitorForm<SignUpForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_sign_up(&request, &form).await {
        Ok(outcome) => Ok(request.finish_sign_in(&outcome, Flow::SignUp)),
        Err(error) => {
            let address = request.address.with_typed(&request.link(), typed::on_sign_up(&form));
            Err(request.show_rejected(HEADING, &error, view::sign_up(&address, form, request.snapshot.provider.as_ref(), Some(&error))))
        }
    }
}

async fn try_sign_up(request: &PageRequest, form: &SignUpForm) -> Result<Token, FormError> {
    request.refuse_passwords()?;
    let (instance, address) = (request.snapshot.id, request.client.address);
    let identifiers = [&form.email_address, &form.phone_number, &form.username].map(String::as_str);
    let attempt = VisitorAttempt::SignUp { instance, identifiers: &identifiers, address };
    request.context.limits.take(attempt).await?;
    let identity = request.identity();
    let outcome = request.write(identity.sign_up(form, &request.client)).await?;
    request.context.limits.give_back(attempt).await;
    Ok(outcome)
}

//! `/sign-up`.

use app::{
    portal::{
        form::SignUpForm,
        identity::IdentityError,
        typed,
        view::{self, FORM_PAGE, FormError, SignUpPage},
    },
    redirects::{Flow, Prefill},
};
use axum::{http::HeaderMap, response::Response};
use leptos::prelude::*;

use super::{form::VisitorForm, page_request::PageRequest, prepared::PreparedPage};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Sign up";

/// `GET /sign-up`: signed-in visitors skip this page, unless an application wants them to sign in anew.
pub(super) async fn show(request: PageRequest, headers: HeaderMap) -> Response {
    if let Some(response) = show_at_once(&request) {
        return response;
    }
    if let Ok(Some(visitor)) = request.visitor().await
        && !request.must_sign_in_again(&visitor, &headers).await
    {
        return request.skip(Flow::SignUp);
    }
    show_page(&request)
}

/// The same; `None` if the database must be asked.
pub(super) fn show_at_once(request: &PageRequest) -> Option<Response> {
    Some(if request.is_signed_in()? { request.skip(Flow::SignUp) } else { show_page(request) })
}

fn show_page(request: &PageRequest) -> Response {
    let Prefill { email_address, phone_number, username, first_name, last_name } = request.link().prefill.for_flow(Flow::SignUp);
    let prefill = [email_address, phone_number, username, first_name, last_name].map(Option::unwrap_or_default);
    let values = &prefill.each_ref().map(String::as_str);
    let page = PreparedPage { heading: HEADING, script: &FORM_PAGE, values, refreshes: false };
    request.show_prepared(page, |address, values| {
        let mut values = values.into_iter();
        let [email_address, phone_number, username, first_name, last_name] = std::array::from_fn(|_| values.next().unwrap_or_default());
        let form = SignUpForm { email_address, phone_number, username, first_name, last_name, ..SignUpForm::default() };
        view::sign_up(address, form, request.sign_up_page(), None).into_any()
    })
}

/// `POST /sign-up`
pub(super) async fn sign_up(request: PageRequest, headers: HeaderMap, form: VisitorForm<SignUpForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_sign_up(&request, &headers, &form).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let address = request.address().with_typed(&request.link(), typed::on_sign_up(&form));
            Err(request.show_rejected(HEADING, &error, view::sign_up(&address, form, request.sign_up_page(), Some(&error))))
        }
    }
}

async fn try_sign_up(request: &PageRequest, headers: &HeaderMap, form: &SignUpForm) -> Result<Response, FormError> {
    request.refuse_passwords()?;
    if request.snapshot.requires_confirmed_email {
        return sign_up_confirmed(request, headers, form).await;
    }
    let (instance, address) = (request.snapshot.id, request.client.address);
    let identifiers = [&form.email_address, &form.phone_number, &form.username].map(String::as_str);
    let attempt = VisitorAttempt::SignUp { instance, identifiers: &identifiers, address };
    request.context.limits.take(attempt).await?;
    let identity = request.identity();
    let token = request.write(identity.sign_up(form, &request.client)).await?;
    request.context.limits.give_back(attempt).await;
    Ok(request.finish_sign_in(&token, Flow::SignUp))
}

/// The response is the same, after the same work, whether or not there is an account with that address. No password is compared, so none
/// is guessed here.
async fn sign_up_confirmed(request: &PageRequest, headers: &HeaderMap, form: &SignUpForm) -> Result<Response, FormError> {
    if !request.context.sends_mail {
        return Err(IdentityError::field("", view::NO_SIGN_UP).into());
    }
    let (instance, address) = (request.snapshot.id, request.client.address);
    request.context.limits.take(VisitorAttempt::SignUp { instance, identifiers: &[], address }).await?;
    let person = request.write(request.identity().check_sign_up(form)).await?;
    request.confirm_first(headers, &person).await
}

impl PageRequest {
    fn sign_up_page(&self) -> SignUpPage<'_> {
        let requires_email = self.snapshot.requires_confirmed_email;
        SignUpPage { provider: self.snapshot.provider.as_ref(), requires_email, is_closed: requires_email && !self.context.sends_mail }
    }
}

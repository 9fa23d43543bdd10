//! `/sign-up`.

use app::{
    portal::{
        form::SignUpForm,
        identity::IdentityError,
        typed,
        view::{self, FormError, SignUpPage},
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
    let page = request.sign_up_page();
    request.show(HEADING, view::sign_up(&request.address, form, page, None))
}

/// `POST /sign-up`
pub(super) async fn sign_up(request: PageRequest, headers: HeaderMap, form: VisitorForm<SignUpForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_sign_up(&request, &headers, &form).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let address = request.address.with_typed(&request.link(), typed::on_sign_up(&form));
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

//! `/forgot-password` and `/reset-password`: a visitor gets a mail, and chooses a new password with its link or its code.
//!
//! Opening the link only shows a page, because scanners of mail open links too. What the page posts acts.

use app::{
    admins::Email,
    credentials::code::Code,
    portal::{
        codes::{self, Purpose},
        form::{ForgotForm, ResetForm},
        identity::{ForgottenPassword, IdentityError, PasswordReset},
        view::{self, FormError, ResetPage},
    },
    redirects::{FORGOT_PASSWORD, Flow, Page, RESET_PASSWORD},
};
use axum::{http::StatusCode, response::Response};

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const FORGOT: &str = "Forgotten password";
const RESET: &str = "Choose a new password";

/// `GET /forgot-password`
pub(super) async fn show(request: PageRequest) -> Response {
    if request.refuse_passwords().is_err() {
        return request.redirect_to(Page::SignIn);
    }
    if !request.context.sends_mail {
        return request.show(FORGOT, view::no_mail(request.address()));
    }
    let email = request.link().prefill.email_address.unwrap_or_default();
    request.show(FORGOT, view::forgot_password(request.address(), email, None))
}

/// `POST /forgot-password`: the response is the same, after the same work, whether or not there is an account.
pub(super) async fn ask(request: PageRequest, form: VisitorForm<ForgotForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    if !request.context.sends_mail {
        return Ok(request.show(FORGOT, view::no_mail(request.address())));
    }
    match try_ask(&request, &form).await {
        Ok(()) => Ok(request.redirect(&request.address().done_at(RESET_PASSWORD, "sent"))),
        Err(error) => {
            let body = view::forgot_password(request.address(), form.email_address, Some(&error));
            Err(request.show_rejected(FORGOT, &error, body))
        }
    }
}

async fn try_ask(request: &PageRequest, form: &ForgotForm) -> Result<(), FormError> {
    request.refuse_passwords()?;
    let email: Email = form.email_address.parse().map_err(|error| IdentityError::field("email_address", error))?;
    let (instance, address) = (request.snapshot.id, request.client.address);
    request.context.limits.take(VisitorAttempt::AskForMail { instance, recipient: email.as_str(), address }).await?;
    let (page, identity) = (request.mailed_page(RESET_PASSWORD), request.identity());
    Ok(request.write(identity.forgot_password(ForgottenPassword { email: &email, page: &page })).await?)
}

/// `GET /reset-password`: with the code of a link, or to type one.
pub(super) async fn show_reset(request: PageRequest) -> Response {
    if request.refuse_passwords().is_err() {
        return request.redirect_to(Page::SignIn);
    }
    let Some(code) = request.parameter("code") else {
        let page = ResetPage { is_typed: true, is_sent: request.done().as_deref() == Some("sent"), ..ResetPage::default() };
        return request.show(RESET, view::reset_password(request.address(), page, None));
    };
    let counts = match Code::parse(&code) {
        Some(code) => {
            let counts = codes::counts(&request.context.pool, request.snapshot.id, Purpose::Reset, &code);
            request.read(async { counts.await.map_err(IdentityError::from) }).await
        }
        None => Ok(false),
    };
    match counts {
        Ok(true) => request.show(RESET, view::reset_password(request.address(), ResetPage { code, ..ResetPage::default() }, None)),
        Ok(false) => {
            let mut response = request.show("This link is no longer valid", view::expired_code(request.address()));
            *response.status_mut() = StatusCode::GONE;
            response
        }
        Err(_) => request.notice(view::Notice::Unavailable),
    }
}

/// `POST /reset-password`: goes on as after a sign-in.
pub(super) async fn reset(request: PageRequest, form: VisitorForm<ResetForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_reset(&request, &form).await {
        Ok(PasswordReset { visitor, token }) => {
            request.context.sessions.remove(request.snapshot.id, visitor, |_| false);
            Ok(request.finish_sign_in(&token, Flow::SignIn))
        }
        Err(error) => {
            let page = ResetPage { code: form.code, is_typed: true, is_sent: false };
            Err(request.show_rejected(RESET, &error, view::reset_password(request.address(), page, Some(&error))))
        }
    }
}

async fn try_reset(request: &PageRequest, form: &ResetForm) -> Result<PasswordReset, FormError> {
    request.refuse_passwords()?;
    request.context.limits.take(VisitorAttempt::EnterCode(request.client.address)).await?;
    let (page, identity) = (request.mailed_page(FORGOT_PASSWORD), request.identity());
    Ok(request.write(identity.reset_password(form, &request.client, &page)).await?)
}

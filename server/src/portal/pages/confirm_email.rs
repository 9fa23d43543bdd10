//! `/confirm-email`: a visitor confirms their email address with the link or the code of a mail. Opening the link only shows a page.

use app::{
    portal::{
        address::{AfterSignIn, Page},
        codes,
        form::{ButtonForm, CodeForm},
        identity::{IdentityError, Visitor},
        view::{self, FormError},
    },
    redirects::CONFIRM_EMAIL,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Confirm your email address";

/// `GET /confirm-email`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    Ok(page(&request, &visitor, None))
}

/// `POST /confirm-email`
pub(super) async fn confirm(request: PageRequest, form: VisitorForm<CodeForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    match try_confirm(&request, &visitor, &form).await {
        Ok(()) => Ok(request.redirect(&request.address().done(Page::User, "confirmed"))),
        Err(error) => Err(page(&request, &visitor, Some(error))),
    }
}

async fn try_confirm(request: &PageRequest, visitor: &Visitor, form: &CodeForm) -> Result<(), FormError> {
    request.context.limits.take(VisitorAttempt::EnterCode(request.client.address)).await?;
    Ok(request.write(codes::confirm(&request.context.pool, request.snapshot.id, visitor, &form.code)).await?)
}

/// `POST /user/confirmation`: has a mail sent.
pub(super) async fn ask(request: PageRequest, form: VisitorForm<ButtonForm>) -> Result<Response, Response> {
    form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    match try_ask(&request, &visitor).await {
        Ok(()) => Ok(request.redirect(&request.address().done_at(CONFIRM_EMAIL, "sent"))),
        Err(error) => Err(page(&request, &visitor, Some(error))),
    }
}

async fn try_ask(request: &PageRequest, visitor: &Visitor) -> Result<(), FormError> {
    if !request.context.sends_mail {
        return Err(IdentityError::field("", "This site sends no mail.").into());
    }
    let (instance, address) = (request.snapshot.id, request.client.address);
    let recipient = visitor.email_address.as_deref().unwrap_or_default();
    request.context.limits.take(VisitorAttempt::AskForMail { instance, recipient, address }).await?;
    let page = request.mailed_page(CONFIRM_EMAIL);
    Ok(request.write(codes::ask_to_confirm(&request.context.pool, instance, visitor, &page)).await?)
}

fn page(request: &PageRequest, visitor: &Visitor, error: Option<FormError>) -> Response {
    let email = visitor.email_address.as_deref().unwrap_or_default();
    let is_sent = request.done().as_deref() == Some("sent");
    let body = view::confirm_email(request.address(), email, request.parameter("code"), is_sent, error.as_ref());
    match error {
        Some(error) => request.show_rejected(HEADING, &error, body),
        None => request.show(HEADING, body),
    }
}

//! `/user`: the visitor's account. The page has several forms, each sent to its own address.

use app::portal::{
    address::{AfterSignIn, Page},
    codes,
    form::{DeletionForm, NamesForm, PasswordForm, SessionForm},
    identity::{IdentityError, Visitor},
    view::{self, FormError, Notice, UserPage},
};
use app::redirects::FORGOT_PASSWORD;
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Your account";

/// `GET /user`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    Ok(page(&request, visitor, None, None).await)
}

/// `GET` of an address that a form is sent to, as after a reload.
pub(super) async fn back(request: PageRequest) -> Response {
    request.redirect_to(Page::User)
}

/// `POST /user/names`
pub(super) async fn rename(request: PageRequest, form: VisitorForm<NamesForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    let identity = request.identity();
    let renamed = if request.manages_names(&visitor) {
        Err(IdentityError::ManagedElsewhere)
    } else {
        request.write(identity.rename(&visitor, &form)).await
    };
    Ok(respond(&request, visitor, Some(form), renamed, "names").await)
}

/// `POST /user/password`
pub(super) async fn change_password(request: PageRequest, form: VisitorForm<PasswordForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    let attempt = VisitorAttempt::ChangePassword { visitor: visitor.id, address: request.client.address };
    if let Err(limited) = request.context.limits.take(attempt).await {
        return Err(page(&request, visitor, None, Some(limited.into())).await);
    }
    let identity = request.identity();
    match request.write(identity.change_password(&visitor, &form)).await {
        Ok(token) => {
            request.context.limits.give_back(attempt).await;
            request.forget_sessions(&visitor, |_| false);
            if request.context.sends_mail && visitor.email_address.is_some() {
                let page = request.mailed_page(FORGOT_PASSWORD);
                let told = codes::tell_password_changed(&request.context.pool, request.snapshot.id, &visitor, &page);
                if request.write(told).await.is_err() {
                    tracing::warn!("a visitor can't be told by mail that their password was changed: the outbox takes nothing");
                }
            }
            let mut response = respond(&request, visitor, None, Ok(()), "password").await;
            request.cookies.set_session(response.headers_mut(), &token);
            Ok(response)
        }
        Err(error) => Ok(respond(&request, visitor, None, Err(error), "password").await),
    }
}

/// `POST /user/sessions`: ends one of the visitor's sessions.
pub(super) async fn end_session(request: PageRequest, form: VisitorForm<SessionForm>) -> Result<Response, Response> {
    let SessionForm { session } = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    if session == visitor.session {
        return match request.end_own_session(&visitor).await {
            Ok(()) => Ok(request.finish_sign_out()),
            Err(error) => Err(page(&request, visitor, None, Some(error.into())).await),
        };
    }
    let identity = request.identity();
    let ended = request.write(identity.end_session(&visitor, session)).await;
    if ended.is_ok() {
        request.forget_sessions(&visitor, |other| other != session);
    }
    Ok(respond(&request, visitor, None, ended, "session").await)
}

/// `POST /user/delete`: deletes the visitor's account, and goes on as after a sign-out.
pub(super) async fn delete(request: PageRequest, form: VisitorForm<DeletionForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::User).await?;
    let attempt = VisitorAttempt::ChangePassword { visitor: visitor.id, address: request.client.address };
    if let Err(limited) = request.context.limits.take(attempt).await {
        return Err(page(&request, visitor, None, Some(limited.into())).await);
    }
    let identity = request.identity();
    match request.write(identity.delete(&visitor, &form)).await {
        Ok(()) => {
            request.context.limits.give_back(attempt).await;
            request.forget_sessions(&visitor, |_| false);
            Ok(request.finish_sign_out())
        }
        Err(error) => Err(page(&request, visitor, None, Some(error.into())).await),
    }
}

impl PageRequest {
    /// Whether the identity provider fills a visitor's names at every sign-in.
    fn manages_names(&self, visitor: &Visitor) -> bool {
        visitor.has_identity && self.snapshot.provider.as_ref().is_some_and(|provider| provider.manages_names)
    }
}

async fn respond(
    request: &PageRequest,
    visitor: Visitor,
    typed: Option<NamesForm>,
    result: Result<(), IdentityError>,
    what: &'static str,
) -> Response {
    match result {
        Ok(()) => request.redirect(&request.address().done(Page::User, what)),
        Err(error) => page(request, visitor, typed, Some(error.into())).await,
    }
}

async fn page(request: &PageRequest, visitor: Visitor, typed: Option<NamesForm>, error: Option<FormError>) -> Response {
    let identity = request.identity();
    let sessions = match request.read(identity.sessions(&visitor)).await {
        Ok(sessions) => sessions,
        // What was typed must come back even without the sessions.
        Err(_) if error.is_some() => Vec::new(),
        Err(_) => return request.notice(Notice::Unavailable),
    };
    let stored = NamesForm { first_name: visitor.first_name.clone(), last_name: visitor.last_name.clone() };
    let manages_names = request.manages_names(&visitor);
    let may_confirm = request.context.sends_mail && visitor.email_address.is_some();
    let may_confirm = may_confirm && !request.read(codes::is_confirmed(&request.context.pool, &visitor)).await.unwrap_or(true);
    let names = typed.unwrap_or(stored);
    let shown = UserPage { visitor, sessions, names, done: request.done(), manages_names, may_confirm, error: error.clone() };
    let body = view::user(request.address(), shown);
    match error {
        Some(error) => request.show_rejected(HEADING, &error, body),
        None => request.show(HEADING, body),
    }
}

//! `/sign-in`.

use app::{
    credentials::token::Token,
    portal::{
        confirmation::SignIn,
        form::SignInForm,
        identity::IdentityError,
        typed,
        view::{self, FORM_PAGE, FormError},
    },
    redirects::Flow,
};
use axum::{http::HeaderMap, response::Response};
use leptos::prelude::*;

use super::{form::VisitorForm, page_request::PageRequest, prepared::PreparedPage};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Sign in";

/// `GET /sign-in`: signed-in visitors skip this page, unless an application wants them to sign in anew.
pub(super) async fn show(request: PageRequest, headers: HeaderMap) -> Response {
    if let Some(response) = show_at_once(&request) {
        return response;
    }
    if let Ok(Some(visitor)) = request.visitor().await
        && !request.must_sign_in_again(&visitor, &headers).await
    {
        return request.skip(Flow::SignIn);
    }
    show_page(&request)
}

/// The same; `None` if the database must be asked.
pub(super) fn show_at_once(request: &PageRequest) -> Option<Response> {
    Some(if request.is_signed_in()? { request.skip(Flow::SignIn) } else { show_page(request) })
}

fn show_page(request: &PageRequest) -> Response {
    let link = request.link();
    let values = &[typed::shown_on_sign_in(&link.prefill)];
    let (provider, sends_mail) = (request.snapshot.provider.as_ref(), request.context.sends_mail);
    let page = PreparedPage { heading: HEADING, script: &FORM_PAGE, values, refreshes: false };
    request.show_prepared(page, |address, values| {
        let identifier = values.into_iter().next().unwrap_or_default();
        view::sign_in(address, identifier, provider, sends_mail, None).into_any()
    })
}

/// `POST /sign-in`
pub(super) async fn sign_in(request: PageRequest, headers: HeaderMap, form: VisitorForm<SignInForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_sign_in(&request, &headers, &form).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let link = request.link();
            let address = request.address().with_typed(&link, typed::on_sign_in(link.prefill.clone(), &form.identifier));
            let (provider, sends_mail) = (request.snapshot.provider.as_ref(), request.context.sends_mail);
            let body = view::sign_in(&address, form.identifier, provider, sends_mail, Some(&error));
            Err(request.show_rejected(HEADING, &error, body))
        }
    }
}

async fn try_sign_in(request: &PageRequest, headers: &HeaderMap, form: &SignInForm) -> Result<Response, FormError> {
    request.refuse_passwords()?;
    let (instance, address) = (request.snapshot.id, request.client.address);
    let attempt = VisitorAttempt::SignIn { instance, identifier: &form.identifier, address };
    request.context.limits.take(attempt).await?;
    let identity = request.identity();
    let outcome = if request.snapshot.requires_confirmed_email {
        request.write(identity.sign_in_confirmed(form, &request.client)).await?
    } else {
        SignIn::Begun(request.write(identity.sign_in(form, &request.client)).await?)
    };
    request.context.limits.give_back(attempt).await;
    match outcome {
        SignIn::Begun(token) => Ok(request.finish_sign_in(&token, Flow::SignIn)),
        SignIn::Unconfirmed(person) => request.confirm_first(headers, &person).await,
    }
}

impl PageRequest {
    /// Leads a signed-in visitor on: to the page that they wanted, else to the flow's target.
    pub(super) fn skip(&self, flow: Flow) -> Response {
        self.after_sign_in.map_or_else(|| self.move_on(flow), |after| self.redirect(&self.address().after(after)))
    }

    /// Goes on after a sign-in or sign-up, with the session's cookie.
    pub(super) fn finish_sign_in(&self, token: &Token, flow: Flow) -> Response {
        self.forget_own_session();
        let mut response = match self.after_sign_in.filter(|_| !self.is_browser) {
            Some(after) => self.redirect(&self.address().after(after)),
            None => self.finish(flow),
        };
        self.cookies.set_session(response.headers_mut(), token);
        response
    }

    /// Refuses a password where the identity provider has taken the place of passwords.
    pub(super) fn refuse_passwords(&self) -> Result<(), IdentityError> {
        match &self.snapshot.provider {
            Some(provider) if provider.replaces_accounts => {
                Err(IdentityError::field("", "Nobody signs in with a password here. Use the button below."))
            }
            _ => Ok(()),
        }
    }
}

//! `/sign-out`. A link alone ends no session: the page asks first.

use app::{
    portal::{
        form::SignOutForm,
        identity::{IdentityError, Visitor},
        view::{self, FormError},
    },
    redirects::Flow,
};
use axum::{
    http::{HeaderValue, header},
    response::Response,
};

use super::{form::VisitorForm, page_request::PageRequest};

const HEADING: &str = "Sign out?";

/// `GET /sign-out`: signed-out visitors skip this page.
pub(super) async fn show(request: PageRequest) -> Response {
    match request.visitor().await {
        Ok(None) => request.move_on(Flow::SignOut),
        known => request.show(HEADING, view::sign_out(request.address(), known.ok().flatten().as_ref(), None)),
    }
}

/// `POST /sign-out`
pub(super) async fn sign_out(request: PageRequest, form: VisitorForm<SignOutForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let known = request.visitor().await;
    let ended = match &known {
        Ok(None) => Ok(()),
        Ok(Some(visitor)) => request.end_own_session(visitor).await,
        Err(_) => Err(IdentityError::Unavailable),
    };
    match ended {
        Ok(()) => {
            let mut response = request.finish_sign_out();
            // `/continue` comes after the provider's own page.
            let leads_to_provider = form.provider.is_some() && request.is_browser && request.snapshot.provider.is_some();
            if let Ok(next) = HeaderValue::from_str(&request.address().to_provider_sign_out())
                && leads_to_provider
            {
                response.headers_mut().insert(header::LOCATION, next);
            }
            Ok(response)
        }
        Err(error) => {
            let error = FormError::from(error);
            let body = view::sign_out(request.address(), known.ok().flatten().as_ref(), Some(&error));
            Err(request.show_rejected(HEADING, &error, body))
        }
    }
}

impl PageRequest {
    /// Ends the visitor's current session. It leaves the session cache first, so that a visitor who wants to sign out is not taken for
    /// signed in even if the database does not answer.
    pub(super) async fn end_own_session(&self, visitor: &Visitor) -> Result<(), IdentityError> {
        let identity = self.identity();
        self.forget_own_session();
        self.write(identity.sign_out(visitor)).await?;
        // Another request of theirs may have put it back meanwhile.
        self.forget_own_session();
        Ok(())
    }

    /// Signs the visitor out without asking. `None` if they must be asked: they have signed in at an identity provider, whose own sign-out
    /// the page offers, or nobody is signed in, or the database does not answer.
    pub(in crate::portal) async fn sign_out_at_once(&self) -> Option<Response> {
        let visitor = self.visitor().await.ok().flatten().filter(|visitor| !visitor.by_provider)?;
        self.end_own_session(&visitor).await.ok()?;
        let mut response = self.move_on(Flow::SignOut);
        self.cookies.remove_session(response.headers_mut());
        Some(response)
    }

    /// Goes on after a sign-out, without the session's cookie.
    pub(super) fn finish_sign_out(&self) -> Response {
        let mut response = self.finish(Flow::SignOut);
        self.cookies.remove_session(response.headers_mut());
        response
    }
}

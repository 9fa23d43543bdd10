//! `/sign-out`. A link alone ends no session: the page asks.

use app::{
    portal::{
        form::ButtonForm,
        identity::{IdentityError, Visitor},
        view,
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};
use crate::http::cookies;

const HEADING: &str = "Sign out?";

/// `GET /sign-out`: where nobody is signed in, there is nothing to ask.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.visitor().await {
        Ok(None) => visit.finish(Flow::SignOut),
        known => visit.show(HEADING, view::sign_out(&visit.address, known.ok().flatten().as_ref(), None)),
    }
}

/// `POST /sign-out`
pub(super) async fn sign_out(visit: Visit, Sent(form): Sent<ButtonForm>) -> Response {
    if let Err(notice) = form {
        return visit.notice(notice);
    }
    let known = visit.visitor().await;
    let done = match &known {
        Ok(None) => Ok(()),
        Ok(Some(visitor)) => visit.end_own(visitor).await,
        Err(_) => Err(IdentityError::Unavailable),
    };
    match done {
        Ok(()) => visit.signed_out(),
        Err(error) => {
            let problem = problem_of(error);
            visit.show_again(HEADING, &problem, view::sign_out(&visit.address, known.ok().flatten().as_ref(), Some(&problem)))
        }
    }
}

impl Visit {
    /// Ends the session that a visitor asks from. It is forgotten first: who signs out is not to be taken for signed in.
    pub(super) async fn end_own(&self, visitor: &Visitor) -> Result<(), IdentityError> {
        let identity = self.identity();
        if let Some(token) = &self.client.session {
            self.forget_token(token);
        }
        self.done_soon(identity.sign_out(visitor)).await?;
        // Another request of theirs may have been answered in between.
        if let Some(token) = &self.client.session {
            self.forget_token(token);
        }
        Ok(())
    }

    /// Goes on after signing out, without the session's cookie.
    pub(super) fn signed_out(&self) -> Response {
        let mut response = self.finish(Flow::SignOut);
        cookies::take_visitor(response.headers_mut(), self.visitors);
        response
    }
}

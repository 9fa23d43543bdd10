//! Pages that need nothing from the database: the sign-in and sign-up page for a visitor without a session, and the way on for one who is
//! known to be signed in.

use std::sync::Arc;

use app::{portal::address::AfterSignIn, redirects::Page};
use axum::{
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::Response,
};

use super::{PageContext, page_request::PageRequest, sign_in, sign_up};
use crate::portal::snapshot::Snapshot;

/// The pages that may be shown at once.
pub(in crate::portal) const AT_ONCE: [Page; 2] = [Page::SignIn, Page::SignUp];

/// Search engines list no page of a portal.
pub(super) const ROBOTS: (HeaderName, HeaderValue) = (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));

/// The response to a request for one of [`AT_ONCE`] below `base`, as the router's layers would complete it; `None` if the database must be
/// asked.
pub(in crate::portal) fn respond_at_once(parts: &Parts, snapshot: Snapshot, base: String, context: Arc<PageContext>) -> Option<Response> {
    let mut response = match PageRequest::new(parts, Ok(snapshot), base, context) {
        Ok(request) => match request.page? {
            Page::SignIn => sign_in::show_at_once(&request)?,
            Page::SignUp => sign_up::show_at_once(&request)?,
            _ => return None,
        },
        Err(response) => response,
    };
    let (name, value) = ROBOTS;
    response.headers_mut().entry(name).or_insert(value);
    if response.headers().contains_key(header::CONTENT_TYPE) {
        // It would be compressed for clients who want that.
        response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    Some(response)
}

impl PageRequest {
    /// Whether the visitor is signed in; `None` if the database must be asked. An application may want them to sign in again.
    pub(super) fn is_signed_in(&self) -> Option<bool> {
        match &self.client.session {
            None => Some(false),
            Some(_) if matches!(self.after_sign_in, Some(AfterSignIn::Authorization(_))) => None,
            Some(token) => self.context.sessions.is_signed_in(self.snapshot.id, token).then_some(true),
        }
    }
}

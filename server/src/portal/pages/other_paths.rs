//! Everything at a portal that is none of its pages: its beginning, pages by another spelling of their path, and nothing.

use app::portal::{address::Page, view::Notice};
use axum::{
    extract::Request,
    http::{Method, request::Parts},
    response::Response,
};

use super::{Portal, page_request::Visit};
use crate::portal::snapshot::Snapshots;

/// Any path below `/portal/{slug}` that is no page.
pub(super) async fn below_path(visit: Visit, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    // The slug is one segment, whichever way it is written.
    let rest = path.trim_start_matches('/').splitn(3, '/').nth(2).map(|rest| format!("/{rest}")).unwrap_or_default();
    visit.answer_at(&parts, &rest).await
}

/// Any path at the host of a portal that is no page. The request has not come through the pages' own routes.
pub(in crate::portal) async fn at_host(portal: Portal, snapshots: &Snapshots, parts: Parts) -> Response {
    // By the host alone: what another router has read in the path would name another instance.
    let found = snapshots.at_host(&parts.headers, &parts.uri).await;
    match Visit::of(&parts, found, String::new(), portal) {
        Ok(visit) => visit.answer_at(&parts, parts.uri.path()).await,
        Err(response) => response,
    }
}

/// A page that is asked for in a way that it has not.
pub(super) async fn method_not_allowed(visit: Visit) -> Response {
    visit.notice(Notice::Method)
}

impl Visit {
    async fn answer_at(&self, parts: &Parts, path: &str) -> Response {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return self.notice(Notice::Missing);
        }
        match Page::at(path) {
            Some(page) => self.lead_to(page),
            // Who is signed in would be sent on from there, perhaps to here again.
            None if path.trim_matches('/').is_empty() => {
                let known = matches!(self.visitor().await, Ok(Some(_)));
                self.lead_to(if known { Page::User } else { Page::SignIn })
            }
            None => self.notice(Notice::Missing),
        }
    }
}

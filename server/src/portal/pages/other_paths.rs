//! Paths of a portal that are not a page's own: the root, paths below a page, other spellings, and everything else.

use std::sync::Arc;

use app::portal::{address::Page, view::Notice};
use axum::{
    extract::Request,
    http::{Method, request::Parts},
    response::Response,
};

use super::{
    context::PageContext,
    page_request::{PageRequest, page_path},
};
use crate::portal::snapshot::Snapshots;

/// Any path below `/portal/{slug}` that is not a page.
pub(super) async fn below_slug(page_request: PageRequest, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = page_path(parts.uri.path(), "/portal").to_owned();
    page_request.other_path(&parts, &path)
}

/// Any path at a portal's own host that is not a page. The request has not come through the pages' routes.
pub(in crate::portal) async fn at_host(context: Arc<PageContext>, snapshots: &Snapshots, parts: Parts) -> Response {
    // By the host alone: a slug that another router has read from the path would name another instance.
    let found = snapshots.at_host(&parts.headers, &parts.uri).await;
    match PageRequest::new(&parts, found, String::new(), context) {
        Ok(request) => request.other_path(&parts, parts.uri.path()),
        Err(response) => response,
    }
}

/// A page with a method that it does not support.
pub(super) async fn method_not_allowed(request: PageRequest) -> Response {
    request.notice(Notice::MethodNotAllowed)
}

impl PageRequest {
    fn other_path(&self, parts: &Parts, path: &str) -> Response {
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            return self.notice(Notice::NotFound);
        }
        match Page::at(path) {
            Some(page) => self.redirect_to(page),
            None => self.notice(Notice::NotFound),
        }
    }
}

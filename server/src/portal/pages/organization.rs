//! `/organization`: the visitor's organizations, and leaving one.

use app::{
    portal::{
        address::AfterSignIn,
        form::LeaveForm,
        identity::Visitor,
        organizations,
        view::{self, FormError, Notice},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};

const HEADING: &str = "Your organizations";

/// `GET /organization`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    let visitor = request.require_visitor(AfterSignIn::Organization).await?;
    Ok(page(&request, &visitor, None).await)
}

/// `POST /organization`: leaves one. If the visitor is not in it, nothing is left to do.
pub(super) async fn leave(request: PageRequest, form: VisitorForm<LeaveForm>) -> Result<Response, Response> {
    let LeaveForm { organization } = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::Organization).await?;
    match request.write(organizations::leave(&request.context.pool, request.snapshot.id, visitor.id, organization)).await {
        Ok(_) => Ok(request.finish(Flow::LeaveOrganization)),
        Err(error) => Err(page(&request, &visitor, Some(error.into())).await),
    }
}

async fn page(request: &PageRequest, visitor: &Visitor, error: Option<FormError>) -> Response {
    let Ok(listed) = request.read(organizations::list(&request.context.pool, request.snapshot.id, visitor.id)).await else {
        return request.notice(Notice::Unavailable);
    };
    let body = view::organization(&request.address, listed, error.as_ref());
    match error {
        Some(error) => request.show_rejected(HEADING, &error, body),
        None => request.show(HEADING, body),
    }
}

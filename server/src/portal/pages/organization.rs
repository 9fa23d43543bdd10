//! `/organization`: the visitor's organizations, and leaving one.

use app::{
    admins::Email,
    portal::{
        address::{AfterSignIn, Page},
        form::{InvitationForm, LeaveForm},
        identity::{IdentityError, Visitor},
        organizations,
        view::{self, FormError, Notice, OrganizationPage},
    },
    redirects::{Flow, JOIN_ORGANIZATION},
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Your organizations";

/// `GET /organization`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    let visitor = request.require_visitor(AfterSignIn::Organization).await?;
    Ok(page(&request, &visitor, None).await)
}

/// `POST /organization/invite`: has a mail sent that invites somebody.
pub(super) async fn invite(request: PageRequest, form: VisitorForm<InvitationForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let visitor = request.require_visitor(AfterSignIn::Organization).await?;
    match try_invite(&request, &visitor, &form).await {
        Ok(()) => Ok(request.redirect(&request.address().done(Page::Organization, "invited"))),
        Err(error) => Err(page_with(&request, &visitor, form.email_address, Some(error)).await),
    }
}

async fn try_invite(request: &PageRequest, visitor: &Visitor, form: &InvitationForm) -> Result<(), FormError> {
    if !request.context.sends_mail {
        return Err(IdentityError::field("", "This site sends no mail.").into());
    }
    let email: Email = form.email_address.parse().map_err(|error| IdentityError::field("email_address", error))?;
    let (instance, address) = (request.snapshot.id, request.client.address);
    request.context.limits.take(VisitorAttempt::Invite { instance, recipient: email.as_str(), address }).await?;
    let (page, pool) = (request.mailed_page(JOIN_ORGANIZATION), &request.context.pool);
    Ok(request.write(organizations::invite(pool, instance, visitor.id, form.organization, &email, &page)).await?)
}

/// `GET` of the address that the form is sent to, as after a reload.
pub(super) async fn back(request: PageRequest) -> Response {
    request.redirect_to(Page::Organization)
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
    page_with(request, visitor, String::new(), error).await
}

async fn page_with(request: &PageRequest, visitor: &Visitor, invited: String, error: Option<FormError>) -> Response {
    let Ok(listed) = request.read(organizations::list(&request.context.pool, request.snapshot.id, visitor.id)).await else {
        return request.notice(Notice::Unavailable);
    };
    let shown = OrganizationPage { may_invite: request.context.sends_mail, invited, done: request.done() };
    let body = view::organization(request.address(), listed, shown, error.as_ref());
    match error {
        Some(error) => request.show_rejected(HEADING, &error, body),
        None => request.show(HEADING, body),
    }
}

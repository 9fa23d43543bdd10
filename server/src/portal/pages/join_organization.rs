//! `/join-organization`: a visitor joins an organization with the link of a mail. Opening the link only shows a page. Visitors who sign
//! in or up first come back to it. After joining, they go on as after creating an organization.

use app::{
    credentials::code::Code,
    portal::{
        address::AfterSignIn,
        form::CodeForm,
        organizations::{self, Invitation},
        view::{self, FormError, Notice},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "You are invited";

/// `GET /join-organization`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    let code = request.parameter("code").unwrap_or_default();
    let invitation = find(&request, &code).await?;
    let is_signed_in = matches!(request.visitor().await, Ok(Some(_)));
    let mut link = request.link();
    link.prefill.email_address = Some(invitation.email_address.clone());
    let address = request.address().with_typed(&request.link(), link.prefill).then(after_sign_in(&code));
    Ok(request.show(HEADING, view::join_organization(&address, &invitation, code, is_signed_in, None)))
}

/// `POST /join-organization`
pub(super) async fn join(request: PageRequest, form: VisitorForm<CodeForm>) -> Result<Response, Response> {
    let CodeForm { code } = form.read(&request)?;
    let visitor = request.require_visitor(after_sign_in(&code)).await?;
    let invitation = find(&request, &code).await?;
    let joined = async {
        request.context.limits.take(VisitorAttempt::EnterCode(request.client.address)).await?;
        Ok::<_, FormError>(request.write(organizations::join(&request.context.pool, request.snapshot.id, visitor.id, &code)).await?)
    };
    match joined.await {
        // The organization is as new to a visitor who joins it as to one who creates it.
        Ok(()) => Ok(request.finish(Flow::CreateOrganization)),
        Err(error) => {
            let body = view::join_organization(request.address(), &invitation, code, true, Some(&error));
            Err(request.show_rejected(HEADING, &error, body))
        }
    }
}

/// This page, for a visitor who signs in first.
fn after_sign_in(code: &str) -> AfterSignIn {
    Code::parse(code).map_or(AfterSignIn::Organization, AfterSignIn::Invitation)
}

/// The invitation with that code, or the page that says that there is none.
async fn find(request: &PageRequest, code: &str) -> Result<Invitation, Response> {
    match request.read(organizations::invitation(&request.context.pool, request.snapshot.id, code)).await {
        Ok(Some(invitation)) => Ok(invitation),
        Ok(None) => Err(request.notice(Notice::InvitationEnded)),
        Err(_) => Err(request.notice(Notice::Unavailable)),
    }
}

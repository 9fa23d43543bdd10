//! `/create-organization`.

use app::{
    portal::{
        address::AfterSignIn,
        form::OrganizationForm,
        identity::IdentityError,
        organizations,
        view::{self, FormError},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Create an organization";

/// `GET /create-organization`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    request.require_visitor(AfterSignIn::CreateOrganization).await?;
    Ok(request.show(HEADING, view::create_organization(request.address(), String::new(), None)))
}

/// `POST /create-organization`
pub(super) async fn create(request: PageRequest, form: VisitorForm<OrganizationForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_create(&request, &form).await {
        Ok(()) => Ok(request.finish(Flow::CreateOrganization)),
        Err(error) => Err(request.show_rejected(HEADING, &error, view::create_organization(request.address(), form.name, Some(&error)))),
    }
}

async fn try_create(request: &PageRequest, form: &OrganizationForm) -> Result<(), FormError> {
    let address = request.client.address;
    request.context.limits.take(VisitorAttempt::CreateOrganization(address)).await?;
    // A redirect to the sign-in page would lose what they typed.
    let signed_out = || IdentityError::field("", "You are signed out. Sign in in another tab, then press the button again.");
    let visitor = request.visitor().await?.ok_or_else(signed_out)?;
    request.write(organizations::create(&request.context.pool, request.snapshot.id, visitor.id, form, address)).await?;
    Ok(())
}

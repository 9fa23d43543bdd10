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

const HEADING: &str = "Create an organization";

/// `GET /create-organization`
pub(super) async fn show(request: PageRequest) -> Result<Response, Response> {
    request.require_visitor(AfterSignIn::CreateOrganization).await?;
    Ok(request.show(HEADING, view::create_organization(&request.address, String::new(), None)))
}

/// `POST /create-organization`
pub(super) async fn create(request: PageRequest, form: VisitorForm<OrganizationForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let created = match request.visitor().await {
        Ok(Some(visitor)) => {
            request.write(organizations::create(&request.context.pool, request.snapshot.id, visitor.id, &form)).await.map(|_| ())
        }
        // A redirect to the sign-in page would lose what they typed.
        Ok(None) => Err(IdentityError::field("", "You are signed out. Sign in in another tab, then press the button again.")),
        Err(error) => Err(error),
    };
    match created {
        Ok(()) => Ok(request.finish(Flow::CreateOrganization)),
        Err(error) => {
            let error = FormError::from(error);
            Err(request.show_rejected(HEADING, &error, view::create_organization(&request.address, form.name, Some(&error))))
        }
    }
}

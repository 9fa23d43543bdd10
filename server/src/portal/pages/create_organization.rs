//! `/create-organization`.

use app::{
    portal::{address::Then, form::OrganizationForm, identity::IdentityError, organizations, view},
    redirects::Flow,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};

const HEADING: &str = "Create an organization";

/// `GET /create-organization`
pub(super) async fn show(visit: Visit) -> Response {
    match visit.signed_in(Then::CreateOrganization).await {
        Ok(_) => visit.show(HEADING, view::create_organization(&visit.address, String::new(), None)),
        Err(response) => response,
    }
}

/// `POST /create-organization`
pub(super) async fn create(visit: Visit, Sent(form): Sent<OrganizationForm>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(notice) => return visit.notice(notice),
    };
    let done = match visit.visitor().await {
        Ok(Some(visitor)) => visit.done_soon(organizations::create(visit.pool(), visit.instance(), visitor.id, &form)).await,
        // Leading them away would lose what they typed.
        Ok(None) => Err(IdentityError::field("", "You are signed out. Sign in in another tab, then press the button again.")),
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => visit.finish(Flow::CreateOrganization),
        Err(error) => {
            let problem = problem_of(error);
            visit.show_again(HEADING, &problem, view::create_organization(&visit.address, form.name, Some(&problem)))
        }
    }
}

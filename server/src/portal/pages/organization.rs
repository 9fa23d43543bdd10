//! `/organization`: the visitor's organizations, and leaving one.

use app::{
    portal::{
        address::Then,
        form::LeaveForm,
        identity::Visitor,
        organizations,
        view::{self, Notice, Problem},
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};

const HEADING: &str = "Your organizations";

/// `GET /organization`
pub(super) async fn show(visit: Visit) -> Response {
    match visit.signed_in(Then::Organization).await {
        Ok(visitor) => page(&visit, &visitor, None).await,
        Err(response) => response,
    }
}

/// `POST /organization`: leaves one. Of one that they are not in, nothing is left to do.
pub(super) async fn leave(visit: Visit, Sent(form): Sent<LeaveForm>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(notice) => return visit.notice(notice),
    };
    let visitor = match visit.signed_in(Then::Organization).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    match visit.done_soon(organizations::leave(visit.pool(), visit.instance(), visitor.id, form.organization)).await {
        Ok(_) => visit.finish(Flow::LeaveOrganization),
        Err(error) => page(&visit, &visitor, Some(problem_of(error))).await,
    }
}

async fn page(visit: &Visit, visitor: &Visitor, problem: Option<Problem>) -> Response {
    let Ok(listed) = visit.soon(organizations::list(visit.pool(), visit.instance(), visitor.id)).await else {
        return visit.notice(Notice::Unavailable);
    };
    let body = view::organization(&visit.address, listed, problem.as_ref());
    match problem {
        Some(problem) => visit.show_again(HEADING, &problem, body),
        None => visit.show(HEADING, body),
    }
}

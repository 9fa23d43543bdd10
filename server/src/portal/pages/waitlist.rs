//! `/waitlist`.

use app::{
    portal::{
        form::WaitlistForm,
        view::{self, Problem},
        waitlist,
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};
use crate::dashboard::rate_limits::Visits;

const HEADING: &str = "Join the waitlist";

/// `GET /waitlist`
pub(super) async fn show(visit: Visit) -> Response {
    let email = visit.link().prefill.for_flow(Flow::Waitlist).email_address.unwrap_or_default();
    visit.show(HEADING, view::waitlist(&visit.address, email, None))
}

/// `POST /waitlist`: who is on it already is told the same.
pub(super) async fn join(visit: Visit, Sent(form): Sent<WaitlistForm>) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(notice) => return visit.notice(notice),
    };
    match try_join(&visit, &form).await {
        Ok(()) => visit.finish(Flow::Waitlist),
        Err(problem) => visit.show_again(HEADING, &problem, view::waitlist(&visit.address, form.email_address, Some(&problem))),
    }
}

async fn try_join(visit: &Visit, form: &WaitlistForm) -> Result<(), Problem> {
    visit.limits().take_visit(Visits::Waitlist(visit.client.address)).map_err(Problem::Often)?;
    visit.done_soon(waitlist::join(visit.pool(), visit.instance(), form)).await.map_err(problem_of)
}

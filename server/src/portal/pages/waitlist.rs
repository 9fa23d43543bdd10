//! `/waitlist`.

use app::{
    portal::{
        form::WaitlistForm,
        view::{self, FormError},
        waitlist,
    },
    redirects::Flow,
};
use axum::response::Response;

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Join the waitlist";

/// `GET /waitlist`
pub(super) async fn show(request: PageRequest) -> Response {
    let email = request.link().prefill.for_flow(Flow::Waitlist).email_address.unwrap_or_default();
    request.show(HEADING, view::waitlist(request.address(), email, None))
}

/// `POST /waitlist`: the response is the same for an address that is already on it.
pub(super) async fn join(request: PageRequest, form: VisitorForm<WaitlistForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    match try_join(&request, &form).await {
        Ok(()) => Ok(request.finish(Flow::Waitlist)),
        Err(error) => Err(request.show_rejected(HEADING, &error, view::waitlist(request.address(), form.email_address, Some(&error)))),
    }
}

async fn try_join(request: &PageRequest, form: &WaitlistForm) -> Result<(), FormError> {
    request.context.limits.take(VisitorAttempt::JoinWaitlist(request.client.address)).await?;
    Ok(request.write(waitlist::join(&request.context.pool, request.snapshot.id, form, request.client.address)).await?)
}

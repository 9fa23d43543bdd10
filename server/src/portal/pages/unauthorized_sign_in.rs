//! `/unauthorized-sign-in`: where somebody is sent who hears of a sign-in that was not theirs.

use app::portal::{
    address::{Page, Then},
    form::ButtonForm,
    view,
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};

const HEADING: &str = "Was this not you?";

/// `GET /unauthorized-sign-in`
pub(super) async fn show(visit: Visit) -> Response {
    let visitor = visit.visitor().await.ok().flatten();
    let ended = visit.done().is_some_and(|what| what == "others");
    visit.show(HEADING, view::unauthorized_sign_in(&visit.address, visitor.as_ref(), ended, None))
}

/// `POST /unauthorized-sign-in`: ends all of the visitor's sessions but this one.
pub(super) async fn end_others(visit: Visit, Sent(form): Sent<ButtonForm>) -> Response {
    if let Err(notice) = form {
        return visit.notice(notice);
    }
    let visitor = match visit.signed_in(Then::User).await {
        Ok(visitor) => visitor,
        Err(response) => return response,
    };
    let identity = visit.identity();
    match visit.done_soon(identity.end_other_sessions(&visitor)).await {
        Ok(()) => {
            visit.forget(&visitor, |session| session == visitor.session);
            visit.lead(&visit.address.done(Page::UnauthorizedSignIn, "others"))
        }
        Err(error) => {
            let problem = problem_of(error);
            visit.show_again(HEADING, &problem, view::unauthorized_sign_in(&visit.address, Some(&visitor), false, Some(&problem)))
        }
    }
}

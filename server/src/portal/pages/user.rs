//! `/user`: the profile. It has three forms, each sent to an address of its own.

use app::portal::{
    address::{Page, Then},
    form::{NamesForm, PasswordForm, SessionForm},
    identity::{IdentityError, Visitor},
    view::{self, Notice, Problem, UserPage},
};
use axum::response::Response;

use super::{form::Sent, page_request::Visit, response::problem_of};
use crate::dashboard::rate_limits::Visits;

const HEADING: &str = "Your account";

/// `GET /user`
pub(super) async fn show(visit: Visit) -> Response {
    match visit.signed_in(Then::User).await {
        Ok(visitor) => page(&visit, visitor, None, None).await,
        Err(response) => response,
    }
}

/// `GET` of an address that forms are sent to, as after a reload.
pub(super) async fn back(visit: Visit) -> Response {
    visit.lead_to(Page::User)
}

/// `POST /user/names`
pub(super) async fn rename(visit: Visit, Sent(form): Sent<NamesForm>) -> Response {
    let (visitor, form) = match read(&visit, form).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let identity = visit.identity();
    let done = visit.done_soon(identity.rename(&visitor, &form)).await;
    answer(&visit, visitor, Some(form), done, "names").await
}

/// `POST /user/password`
pub(super) async fn change_password(visit: Visit, Sent(form): Sent<PasswordForm>) -> Response {
    let (visitor, form) = match read(&visit, form).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let guess = Visits::NewPassword { visitor: visitor.id, address: visit.client.address };
    if let Err(seconds) = visit.limits().take_visit(guess) {
        return page(&visit, visitor, None, Some(Problem::Often(seconds))).await;
    }
    let identity = visit.identity();
    let done = visit.done_soon(identity.change_password(&visitor, &form)).await;
    if done.is_ok() {
        visit.forget(&visitor, |session| session == visitor.session);
    }
    answer(&visit, visitor, None, done, "password").await
}

/// `POST /user/sessions`: ends one of one's own sessions.
pub(super) async fn end_session(visit: Visit, Sent(form): Sent<SessionForm>) -> Response {
    let (visitor, SessionForm { session }) = match read(&visit, form).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    if session == visitor.session {
        return match visit.end_own(&visitor).await {
            Ok(()) => visit.signed_out(),
            Err(error) => page(&visit, visitor, None, Some(problem_of(error))).await,
        };
    }
    let identity = visit.identity();
    let done = visit.done_soon(identity.end_session(&visitor, session)).await;
    if done.is_ok() {
        visit.forget(&visitor, |other| other != session);
    }
    answer(&visit, visitor, None, done, "session").await
}

async fn read<Form>(visit: &Visit, sent: Result<Form, Notice>) -> Result<(Visitor, Form), Response> {
    let form = sent.map_err(|notice| visit.notice(notice))?;
    Ok((visit.signed_in(Then::User).await?, form))
}

async fn answer(
    visit: &Visit,
    visitor: Visitor,
    typed: Option<NamesForm>,
    done: Result<(), IdentityError>,
    what: &'static str,
) -> Response {
    match done {
        Ok(()) => visit.lead(&visit.address.done(Page::User, what)),
        Err(error) => page(visit, visitor, typed, Some(problem_of(error))).await,
    }
}

async fn page(visit: &Visit, visitor: Visitor, typed: Option<NamesForm>, problem: Option<Problem>) -> Response {
    let identity = visit.identity();
    let sessions = match visit.soon(identity.sessions(&visitor)).await {
        Ok(sessions) => sessions,
        // What was typed comes back all the same.
        Err(_) if problem.is_some() => Vec::new(),
        Err(_) => return visit.notice(Notice::Unavailable),
    };
    let stored = NamesForm { first_name: visitor.first_name.clone(), last_name: visitor.last_name.clone() };
    let shown = UserPage { visitor, sessions, names: typed.unwrap_or(stored), done: visit.done(), problem: problem.clone() };
    let body = view::user(&visit.address, shown);
    match problem {
        Some(problem) => visit.show_again(HEADING, &problem, body),
        None => visit.show(HEADING, body),
    }
}

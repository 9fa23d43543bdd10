//! Posts of the outbox's page. The guard lets only server-wide admins through.

use app::{
    admins::Email,
    mail::{
        form::{MailForm, TestForm},
        store, test_message,
        view::{TestProblem, TestedMail},
    },
    paths,
};
use axum::{
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::{
    Dashboard,
    failure::{Failure, HANDLER_TIMEOUT},
    posted_form::PostedForm,
};
use crate::mail::SEND_TIMEOUT;

// What the mail server does is said on the page, also that it does not answer.
const _: () = assert!(SEND_TIMEOUT.as_secs() < HANDLER_TIMEOUT.as_secs());

/// `POST /mail/test`: sends a test mail at once, and says what the mail server answers.
pub(super) async fn test(State(dashboard): State<Dashboard>, PostedForm { mut parts, form }: PostedForm<TestForm>) -> Response {
    let problem = match (&dashboard.mailer, form.to.parse::<Email>()) {
        // The page says that no mail is sent.
        (None, _) => None,
        (_, Err(error)) => Some(TestProblem::Address(error.to_string())),
        (Some(mailer), Ok(to)) => {
            let sent = mailer.send(&test_message(&to), &format!("portal-redirects-test-{}", random_id())).await;
            sent.err().map(|error| TestProblem::Server(error.to_string()))
        }
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let tested = TestedMail { to: form.to, problem };
    parts.uri = Uri::from_static(paths::MAIL);
    dashboard.render(parts, status, move || provide_context(tested.clone())).await
}

/// `POST /mail/retry`
pub(super) async fn retry(State(dashboard): State<Dashboard>, PostedForm { form, .. }: PostedForm<MailForm>) -> Result<Response, Failure> {
    let is_there = store::retry(&dashboard.pool, form.mail).await?;
    Ok(back(if is_there { "retried" } else { "gone" }))
}

/// `POST /mail/discard`
pub(super) async fn discard(
    State(dashboard): State<Dashboard>,
    PostedForm { form, .. }: PostedForm<MailForm>,
) -> Result<Response, Failure> {
    let is_there = store::discard(&dashboard.pool, form.mail).await?;
    Ok(back(if is_there { "discarded" } else { "gone" }))
}

fn back(what: &str) -> Response {
    Redirect::to(&format!("{}?{what}", paths::MAIL)).into_response()
}

/// A random id, so that no two test mails are taken for the same.
fn random_id() -> String {
    let mut bytes = [0; 16];
    // Without random bytes it is the same each time, which does no harm.
    let _ = getrandom::fill(&mut bytes);
    app::credentials::hex(&bytes)
}

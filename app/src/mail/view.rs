//! The page of the outbox, for server admins: what waits, what failed and why, and a test mail.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    CODE_HOURS, MailKind, OTHER_HOURS,
    store::{self, FAILED_DAYS, ListedMail, MAX_LISTED},
};
use crate::{
    error::AppError,
    layout::{
        frame::{Frame, ServerPage},
        loading,
    },
    paths,
    ui::{
        field::Field,
        form::{FieldError, summary},
        icon::{TICK, icon},
        text::{Escaped, in_hours, moment},
    },
};

/// Over which server mail is sent, and from which address. The page finds it in its context if mail is sent.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// The mail server, without the password.
    pub server: String,
    /// The address that mail is from.
    pub from: String,
}

/// What came of a test mail. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct TestedMail {
    /// The address, as typed.
    pub to: String,
    /// Why it was not sent.
    pub problem: Option<TestProblem>,
}

/// Why a test mail was not sent.
#[derive(Clone, Debug)]
pub enum TestProblem {
    /// The address is wrong.
    Address(String),
    /// What the mail server answers, without secrets.
    Server(String),
}

/// The page of the outbox.
#[component]
pub fn MailPage() -> impl IntoView {
    let (server, tested) = (use_context::<MailServer>(), use_context::<TestedMail>());
    let query = loading::query();
    let has_posted = use_context::<Parts>().is_some_and(|parts| parts.method == axum::http::Method::POST);
    loading::loaded(async move {
        let caller = loading::caller()?;
        if !caller.is_server_admin {
            return Err(AppError::Forbidden);
        }
        let listed = store::list(&loading::pool()?).await.map_err(loading::unavailable)?;
        let (failed, waiting): (Vec<_>, Vec<_>) = listed.into_iter().partition(|mail| mail.failed_at.is_some());
        let done = match query.as_str() {
            "retried" => Some("The mail waits to be sent again."),
            "discarded" => Some("The mail is deleted."),
            "gone" => Some("That mail is not in the list any more."),
            _ => None,
        };
        let done = done.filter(|_| !has_posted).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let address = caller.email.to_string();
        let is_on = server.is_some();
        let test = server.map(|server| test_form(server, address, tested));
        let off = (!is_on).then(|| {
            view! { <p class="banner note" role="status">"This server sends no mail. Set --smtp-url and --mail-from to let it send invitations and mails to choose a new password."</p> }
        });
        Ok(view! {
            <Title text="Server mail" />
            <Frame page=ServerPage::Mail>
                <header class="head">
                    <h1>"Server mail"</h1>
                    <p class="host">"Mails that wait, and mails that could not be sent. A mail that was sent is not listed."</p>
                </header>
                {off}
                {done}
                {test}
                {list("failed-title", "Not sent", format!("These are not tried again by themselves. They are deleted after {FAILED_DAYS} days."), "Nothing has failed", failed)}
                {list("waiting-title", "Waiting", format!("These are tried until they are sent: mails about a forgotten password or a confirmation for {}, all others for {}.", in_hours(CODE_HOURS), in_hours(OTHER_HOURS)), "Nothing waits", waiting)}
            </Frame>
        })
    })
}

fn test_form(server: MailServer, address: String, tested: Option<TestedMail>) -> impl IntoView {
    let (to, problem) = tested.map_or((address, None), |tested| (tested.to.clone(), Some(tested)));
    let mut errors = Vec::new();
    let said = problem.map(|TestedMail { to, problem }| match problem {
        None => view! { <p class="banner" role="status">{icon(TICK)}{format!("The mail server has taken the test mail to {to}.")}</p> }
            .into_any(),
        Some(TestProblem::Address(message)) => {
            errors.push(FieldError::new("to", &message));
            summary("No test mail was sent", "Fix this field, then try again:", vec![("#to".to_owned(), message)]).into_any()
        }
        Some(TestProblem::Server(answer)) => {
            let text = format!("The mail server did not take it: {}", Escaped(&answer));
            summary("No test mail was sent", text, Vec::new()).into_any()
        }
    });
    let field = Field { name: "to", label: "Send to", kind: "email", autocomplete: "email", value: to, ..Field::default() };
    view! {
        {said}
        <section class="group" aria-labelledby="test-title">
            <div>
                <h2 id="test-title">"Test mail"</h2>
                <p>"Mail is sent over " <code>{server.server}</code> " from " <code>{server.from}</code> "."</p>
            </div>
            <form method="post" class="card" action=paths::TEST_MAIL novalidate>
                {field.show(&errors)}
                <div class="end"><button class="button primary">"Send a test mail"</button></div>
            </form>
        </section>
    }
}

fn list(id: &'static str, title: &'static str, help: String, none: &'static str, mails: Vec<ListedMail>) -> impl IntoView {
    let is_full = i64::try_from(mails.len()).is_ok_and(|count| count >= MAX_LISTED);
    let more = is_full.then(|| view! { <p>{format!("Only {MAX_LISTED} are shown.")}</p> });
    let rows = if mails.is_empty() {
        view! { <div class="card empty"><h3>{none}</h3></div> }.into_any()
    } else {
        view! { <ul class="card people api-tokens">{mails.into_iter().map(row).collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="group" aria-labelledby=id>
            <div>
                <h2 id=id>{title}</h2>
                <p>{help}</p>
                {more}
            </div>
            {rows}
        </section>
    }
}

fn row(mail: ListedMail) -> impl IntoView {
    let ListedMail { id, kind, instance, recipient, created_at, due_at, attempts, error, failed_at } = mail;
    let kind = MailKind::named(&kind).map_or(kind, |kind| kind.label().to_owned());
    let recipient = Escaped(&recipient).to_string();
    let instance = instance.map(|name| view! { " · " {name} });
    let tried = match attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        count => format!("tried {count} times"),
    };
    let error = error.map(|error| view! { <p class="help">"Answer: " <code>{Escaped(&error).to_string()}</code></p> });
    let when = match failed_at {
        Some(at) => view! { " · given up " {moment(at)} }.into_any(),
        None => view! { " · next try " {moment(due_at)} }.into_any(),
    };
    let unseen = format!(" {recipient}");
    let buttons = failed_at.is_some().then(|| {
        view! {
            <form method="post">
                <input type="hidden" name="mail" value=id />
                <button class="button small" formaction=paths::RETRY_MAIL>"Send again"<span class="unseen">{unseen.clone()}</span></button>
                <button class="button small danger" formaction=paths::DISCARD_MAIL>"Delete"<span class="unseen">{unseen}</span></button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <p><strong>{recipient}</strong></p>
                <p class="help">{kind} {instance}</p>
                {error}
                <p class="help">"Asked for " {moment(created_at)} " · " {tried} {when}</p>
            </div>
            {buttons}
        </li>
    }
}

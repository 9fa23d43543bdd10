//! The screens of accounts: signing in, following a one-time link, and one's own account.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    entry::{self, Asked, EntryError},
    store::{
        accounts,
        links::Purpose,
        sessions::{self, OwnSession},
    },
};
use crate::{
    error::AppError,
    text::moment,
    ui::{
        field::Field,
        form::{FieldError, summary},
        frame::{Entrance, Frame},
        icon::{TICK, icon},
        page,
    },
};

/// Why nobody came in, with what may be shown again. The page finds it in its context.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The email address, or what was typed for one.
    pub email: String,
    /// The page to go on to.
    pub next: String,
    /// The one-time link's token.
    pub token: String,
    /// What is wrong.
    pub why: Why,
}

/// Why nobody came in.
#[derive(Clone, Debug)]
pub enum Why {
    /// Fields are wrong.
    Fields(Vec<FieldError>),
    /// Too many tries; the next one is taken in that many seconds.
    Often(u64),
}

fn shown(why: Option<&Why>, label: fn(&str) -> &'static str) -> impl IntoView + use<> {
    why.map(|why| match why {
        Why::Fields(errors) => {
            let links = errors.iter().map(|error| (format!("#{}", error.field), format!("{}: {}", label(&error.field), error.message)));
            summary("That did not work", "Mend this, then try again:", links.collect()).into_any()
        }
        Why::Often(seconds) => {
            let wait = if *seconds == 1 { "Wait a second, then try again.".to_owned() } else { format!("Wait {seconds} seconds, then try again.") };
            view! {
                {summary("Too many tries", "Signing in is held up for a moment, to keep guessers out. A colleague who has signed in with their own browser before is not.", Vec::new())}
                <p class="lead">{wait}</p>
            }
            .into_any()
        }
    })
}

fn errors(why: Option<Why>) -> Vec<FieldError> {
    match why {
        Some(Why::Fields(errors)) => errors,
        _ => Vec::new(),
    }
}

fn label(field: &str) -> &'static str {
    match field {
        "email" => "Email",
        "current" => "Current password",
        "new" => "New password",
        _ => "Password",
    }
}

fn logged(error: &sqlx::Error) -> AppError {
    tracing::warn!(%error, "the database did not answer a page");
    AppError::Unavailable
}

fn from_query(name: &str) -> String {
    let query = page::query();
    let value = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    value.unwrap_or_default()
}

/// Email and password.
#[component]
pub fn SignInPage() -> impl IntoView {
    let refused = use_context::<Refused>();
    let next = refused.as_ref().map_or_else(|| from_query("next"), |refused| refused.next.clone());
    let (email, why) = refused.map_or_else(Default::default, |refused| (refused.email, Some(refused.why)));
    page::loaded(async move {
        let anybody = accounts::any(&page::pool()?).await.map_err(|error| logged(&error))?;
        let nobody = (!anybody).then(|| {
            view! { <p class="banner" role="status">"There is no admin yet. When it started, the server printed a link to create the first one; it holds for an hour. Start the server again for a new one."</p> }
        });
        let summary = shown(why.as_ref(), label);
        let errors = errors(why);
        Ok(view! {
            <Entrance title="Sign in">
                {nobody}
                {summary}
                <form method="post" class="card" action="/account/sign-in">
                    <input type="hidden" name="next" value=next />
                    {Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }.show(&errors)}
                    {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(&errors)}
                    <div class="end"><button class="button primary">"Sign in"</button></div>
                </form>
                <p class="help">"Locked out? Whoever runs the server can make a link to choose a new password: " <code>"portal-redirects admin reset"</code></p>
            </Entrance>
        })
    })
}

/// What a one-time link asks for: the first account, an invitation's, or a new password.
#[component]
pub fn LinkPage() -> impl IntoView {
    let refused = use_context::<Refused>();
    let token = refused.as_ref().map_or_else(|| from_query("token"), |refused| refused.token.clone());
    let (email, why) = refused.map_or_else(Default::default, |refused| (refused.email, Some(refused.why)));
    page::loaded(async move {
        let asked = match entry::ask(&page::pool()?, &token).await {
            Ok(asked) => asked,
            Err(EntryError::Link) => return Ok(gone().into_any()),
            Err(EntryError::Database(error)) => return Err(logged(&error)),
            Err(_) => return Err(AppError::Unavailable),
        };
        Ok(link_form(&asked, token, email, why).into_any())
    })
}

/// A link that does not hold.
fn gone() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::GONE);
    }
    view! {
        <Entrance title="This link no longer holds">
            <p class="lead">"It was used already, is too old, or is not whole. Ask whoever gave it to you for a new one."</p>
            <p><a href="/account/sign-in">"Sign in"</a></p>
        </Entrance>
    }
}

fn link_form(asked: &Asked, token: String, email: String, why: Option<Why>) -> impl IntoView + use<> {
    let summary = shown(why.as_ref(), label);
    let errors = errors(why);
    let page = asked.link.purpose.page();
    let (title, lead, button) = match &asked.link.purpose {
        Purpose::Setup => {
            ("Create the first admin", "This account may create instances and owns those that are there.".to_owned(), "Create account")
        }
        Purpose::Reset(email) => ("Choose a new password", format!("For {email}. Every session that is open ends."), "Save and sign in"),
        Purpose::Invite(invite) => {
            let to = match (&asked.instance, invite.membership) {
                (Some(instance), Some((_, role))) => {
                    format!("{} invites {} to {instance}, as {role}.", asked.link.created_by, invite.email)
                }
                _ => format!("{} invites {}, as an admin who may create instances.", asked.link.created_by, invite.email),
            };
            ("You are invited", to, if asked.has_account { "Sign in and join" } else { "Create account" })
        }
    };
    let username = match &asked.link.purpose {
        Purpose::Setup => {
            Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }
                .show(&errors)
                .into_any()
        }
        // Nothing to type, but a password manager wants to know whose password it is.
        Purpose::Invite(_) | Purpose::Reset(_) => {
            let email = match &asked.link.purpose {
                Purpose::Invite(invite) => invite.email.to_string(),
                Purpose::Reset(email) => email.to_string(),
                Purpose::Setup => String::new(),
            };
            view! { <input type="hidden" name="email" autocomplete="username" value=email /> }.into_any()
        }
    };
    let old = asked.has_account && matches!(asked.link.purpose, Purpose::Invite(_));
    let password = if old {
        Field {
            name: "password",
            label: "Your password",
            help: "There is an account of this address already.",
            kind: "password",
            autocomplete: "current-password",
            ..Field::default()
        }
    } else {
        Field {
            name: "password",
            label: "New password",
            help: PASSWORD_HELP,
            kind: "password",
            autocomplete: "new-password",
            ..Field::default()
        }
    };
    view! {
        <Entrance title=title>
            {summary}
            <p class="lead">{lead}</p>
            <form method="post" class="card" action=page>
                <input type="hidden" name="token" value=token />
                {username}
                {password.show(&errors)}
                <div class="end"><button class="button primary">{button}</button></div>
            </form>
        </Entrance>
    }
}

const PASSWORD_HELP: &str = "12 characters at least. A few words in a row are easy to remember.";

/// One's own account: the password, and every session.
#[component]
pub fn AccountPage() -> impl IntoView {
    let refused = use_context::<Refused>().map(|refused| refused.why);
    let query = page::query();
    let done = match query.as_str() {
        "saved" => Some("The password is changed. Every other session has ended."),
        "ended" => Some("The session has ended."),
        _ => None,
    };
    page::loaded(async move {
        let caller = page::caller()?;
        let instances = page::instances().await?;
        let own = sessions::list(&page::pool()?, caller.id).await.map_err(|error| logged(&error))?;
        let done = done.filter(|_| refused.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = shown(refused.as_ref(), label);
        let errors = errors(refused);
        let rows = own.into_iter().map(|session| session_row(session, caller.session)).collect_view();
        let email = caller.email.to_string();
        let server_wide = caller.is_server_admin.then(|| view! { <span class="badge">"May create instances"</span> });
        Ok(view! {
            <Title text="Account" />
            <Frame instances account=true>
                <header class="head">
                    <h1>"Account"</h1>
                    {server_wide}
                    <form method="post" action="/account/sign-out"><button class="button">"Sign out"</button></form>
                    <p class="host">{email.clone()}</p>
                </header>
                {summary}
                {done}
                <section class="group" aria-labelledby="password-title">
                    <div>
                        <h2 id="password-title">"Password"</h2>
                        <p>"Changing it ends every session but this one."</p>
                    </div>
                    <form method="post" class="card" action="/account">
                        <input type="hidden" autocomplete="username" value=email />
                        {Field { name: "current", label: "Current password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(&errors)}
                        {Field { name: "new", label: "New password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(&errors)}
                        <div class="end"><button class="button primary">"Change password"</button></div>
                    </form>
                </section>
                <section class="group" aria-labelledby="sessions-title">
                    <div>
                        <h2 id="sessions-title">"Sessions"</h2>
                        <p>"Where you are signed in. A session ends by itself after a day without use, and after two weeks in any case."</p>
                    </div>
                    <ul class="card rows-of">{rows}</ul>
                </section>
            </Frame>
        })
    })
}

fn session_row(session: OwnSession, current: i64) -> impl IntoView {
    let here = session.id == current;
    let browser = if session.browser.is_empty() { "Unknown browser".to_owned() } else { session.browser };
    let address = session.address.map(|address| format!(" from {address}"));
    let badge = here.then(|| view! { <span class="badge">"This session"</span> });
    let (label, unseen) = if here { ("Sign out", "") } else { ("End", " this session") };
    view! {
        <li>
            <div>
                <p>{browser} " " {badge}</p>
                <p class="help">"Since " {moment(session.since)} {address} ". Last used " {moment(session.last_seen)} "."</p>
            </div>
            <form method="post" action="/account/sessions">
                <input type="hidden" name="session" value=session.id />
                <button class="button small">{label}<span class="unseen">{unseen}</span></button>
            </form>
        </li>
    }
}

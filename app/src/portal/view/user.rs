//! `/user`: the visitor's names, password and sessions, the deletion of their account, and links to the other pages.

use leptos::prelude::*;

use super::{
    elements::{PASSWORD_HELP, confirmation},
    form_error::{FormError, Wording},
};
use crate::{
    credentials::browser,
    portal::{
        address::{Address, Page},
        form::NamesForm,
        identity::{OwnSession, Visitor},
    },
    ui::{field::Field, form::FieldError, text::moment},
};

const WORDING: Wording = Wording {
    label: |field| match field {
        "first_name" => "First name",
        "last_name" => "Last name",
        "current" => "Current password",
        "password" => "Password",
        _ => "New password",
    },
    unavailable: "We can't save that right now. Try again in a moment.",
};

/// What the page shows.
#[derive(Clone)]
pub struct UserPage {
    /// Who is signed in.
    pub visitor: Visitor,
    /// Their sessions.
    pub sessions: Vec<OwnSession>,
    /// The names, as stored or, after an error, as typed.
    pub names: NamesForm,
    /// What was just done, from the page's address.
    pub done: Option<String>,
    /// Whether the identity provider fills the names.
    pub manages_names: bool,
    /// Why a form was rejected.
    pub error: Option<FormError>,
}

/// The page.
pub fn user(address: &Address, shown: UserPage) -> impl IntoView + use<> {
    let UserPage { visitor, sessions, names, done, manages_names, error } = shown;
    let confirmed = match done.as_deref().filter(|_| error.is_none()) {
        Some("names") => Some("Your name is saved."),
        Some("password") => Some("Your password is changed. Every other session has ended."),
        Some("session") => Some("The session has ended."),
        _ => None,
    };
    let errors = FormError::fields(error.as_ref());
    let identifiers = [("Email", &visitor.email_address), ("Phone number", &visitor.phone_number), ("Username", &visitor.username)]
        .into_iter()
        .filter_map(|(label, value)| value.clone().map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }))
        .collect_view();
    let rows = sessions.into_iter().map(|session| session_row(address, session, visitor.session)).collect_view();
    let account_name = visitor.display_name().to_owned();
    let names_form = if manages_names && visitor.has_identity {
        let name = [names.first_name, names.last_name].join(" ");
        view! { <p>{name.trim().to_owned()}</p><p class="help">"Your identity provider fills it in. Change it there."</p> }.into_any()
    } else {
        view! {
            <form method="post" action=address.form(Page::User, "names") novalidate>
                <div class="pair">
                    {Field { name: "first_name", label: "First name", kind: "text", autocomplete: "given-name", value: names.first_name, ..Field::default() }.show(errors)}
                    {Field { name: "last_name", label: "Last name", kind: "text", autocomplete: "family-name", value: names.last_name, ..Field::default() }.show(errors)}
                </div>
                <div class="end"><button>"Save name"</button></div>
            </form>
        }
        .into_any()
    };
    let password_form = visitor.has_password.then(|| {
        view! {
            <section aria-labelledby="password-title">
                <h2 id="password-title">"Password"</h2>
                <p class="help">"Changing it ends every session but this one."</p>
                <form method="post" action=address.form(Page::User, "password") novalidate>
                    // Tells password managers whose password it is.
                    <input type="text" autocomplete="username" value=account_name hidden readonly />
                    {Field { name: "current", label: "Current password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(errors)}
                    {Field { name: "new", label: "New password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(errors)}
                    <div class="end"><button>"Change password"</button></div>
                </form>
            </section>
        }
    });
    view! {
        {FormError::summary(error.as_ref(), WORDING)}
        {confirmation(confirmed)}
        <dl>{identifiers}</dl>
        <section aria-labelledby="names-title">
            <h2 id="names-title">"Name"</h2>
            {names_form}
        </section>
        {password_form}
        <section aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Where you are signed in"</h2>
            <ul class="rows">{rows}</ul>
        </section>
        {deletion(address, visitor.has_password, errors)}
        <nav aria-label="Account">
            <a href=address.to(Page::Organization)>"Organizations"</a>
            <a href=address.to(Page::SignOut)>"Sign out"</a>
        </nav>
    }
}

/// The form that deletes the account. It is folded until somebody wants that.
fn deletion(address: &Address, has_password: bool, errors: &[FieldError]) -> impl IntoView + use<> {
    let is_open = errors.iter().any(|error| error.field == "password");
    let password = Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() };
    let password = has_password.then(|| password.show(errors));
    view! {
        <details class="deletion" open=is_open>
            <summary>"Delete your account…"</summary>
            <p class="help">"This can't be undone. Your sessions end, and organizations without other members are deleted too."</p>
            <form method="post" action=address.form(Page::User, "delete") novalidate>
                {password}
                <div class="end"><button class="danger">"Delete account"</button></div>
            </form>
        </details>
    }
}

fn session_row(address: &Address, session: OwnSession, current: i64) -> impl IntoView + use<> {
    let browser = browser::describe(&session.browser);
    let end = if session.id == current {
        view! { <span class="badge">"This session"</span> }.into_any()
    } else {
        view! {
            <form method="post" action=address.form(Page::User, "sessions")>
                <input type="hidden" name="session" value=session.id />
                <button class="small">"Sign out"<span class="unseen">" of "{browser.clone()}</span></button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <p>{browser}</p>
                <p class="help">"Since " {moment(session.since)} ". Last used " {moment(session.last_seen)} "."</p>
            </div>
            {end}
        </li>
    }
}

//! The Account page: the caller's password and sessions.

use crate::paths;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{PASSWORD_HELP, RejectedSignIn, errors, label, rejection_summary};
use crate::{
    admins::{
        provider::{AdminProviderButton, store},
        store::sessions::{self, OwnSession},
    },
    credentials::browser,
    database::timed,
    layout::{
        frame::{Frame, ServerPage},
        loading,
    },
    routes::DocumentFiles,
    ui::{
        field::Field,
        icon::{TICK, icon},
        text::moment,
    },
};

/// The caller's account: the password and every session.
#[component]
pub fn AccountPage() -> impl IntoView {
    let rejection = use_context::<RejectedSignIn>().map(|rejected| rejected.reason);
    let notices = use_context::<DocumentFiles>();
    let query = loading::query();
    let provider = use_context::<AdminProviderButton>();
    let done = match query.as_str() {
        "saved" => Some("The password is changed. Every other session has ended."),
        "ended" => Some("The session has ended."),
        _ => None,
    };
    loading::loaded(async move {
        let caller = loading::caller()?;
        let own = sessions::list(&loading::pool()?, caller.id).await.map_err(loading::unavailable)?;
        let done = done.filter(|_| rejection.is_none()).map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> });
        let summary = rejection_summary(rejection.as_ref(), label);
        let errors = errors(rejection);
        let rows = own.into_iter().map(|session| session_row(session, caller.session)).collect_view();
        let notices = notices.map(|files| view! { <p class="help"><a href=files.notices>"Licenses of third-party code"</a></p> });
        let linked = match provider {
            Some(provider) => {
                let is_linked =
                    store::is_linked(timed(&loading::pool()?), caller.id, &provider.issuer).await.map_err(loading::unavailable)?;
                Some(provider_section(is_linked))
            }
            None => None,
        };
        let second_factor = second_factor_line(caller.has_second_factor);
        let email = caller.email.to_string();
        let server_wide = caller.is_server_admin.then(|| view! { <span class="badge">"May create instances"</span> });
        Ok(view! {
            <Title text="Account" />
            <Frame page=ServerPage::Account>
                <header class="head">
                    <h1>"Account"</h1>
                    {server_wide}
                    <form method="post" action=paths::SIGN_OUT><button class="button">"Sign out"</button></form>
                    <p class="host">{email.clone()}</p>
                </header>
                {summary}
                {done}
                <section class="group" aria-labelledby="password-title">
                    <div>
                        <h2 id="password-title">"Password"</h2>
                        <p>"Changing it ends all your other sessions."</p>
                    </div>
                    <form method="post" class="card" action=paths::ACCOUNT>
                        <input type="text" autocomplete="username" value=email hidden readonly />
                        {Field { name: "current", label: "Current password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(&errors)}
                        {Field { name: "new", label: "New password", help: PASSWORD_HELP, kind: "password", autocomplete: "new-password", ..Field::default() }.show(&errors)}
                        <div class="end"><button class="button primary">"Change password"</button></div>
                    </form>
                </section>
                <section class="group" aria-labelledby="second-factor-title">
                    <div>
                        <h2 id="second-factor-title">"Second factor"</h2>
                        <p>"A code from your phone that you enter after your password."</p>
                    </div>
                    <div class="card factor-card">
                        {second_factor}
                    </div>
                </section>
                {linked}
                <section class="group" aria-labelledby="sessions-title">
                    <div>
                        <h2 id="sessions-title">"Sessions"</h2>
                        <p>"Where you are signed in. A session ends after a day without use, and after two weeks at the latest. With an identity provider, it ends after 12 hours."</p>
                    </div>
                    <ul class="card rows-of">{rows}</ul>
                </section>
                {notices}
            </Frame>
        })
    })
}

/// Whether the caller can sign in at the identity provider, and the way to link the account.
fn provider_section(is_linked: bool) -> impl IntoView {
    let body = if is_linked {
        view! { <p><span class="badge">"Linked"</span>" Your groups there say what you may do, anew at each sign-in."</p> }.into_any()
    } else {
        let href = format!("{}?next={}", paths::PROVIDER, paths::ACCOUNT);
        view! {
            <p><span class="badge">"Not linked"</span>" Sign in there once to link this account. It must have the same email address."</p>
            <div class="end"><a class="button" href=href>"Link this account"</a></div>
        }
        .into_any()
    };
    view! {
        <section class="group" aria-labelledby="provider-title">
            <div>
                <h2 id="provider-title">"Identity provider"</h2>
                <p>"Your company's own sign-in."</p>
            </div>
            <div class="card factor-card">{body}</div>
        </section>
    }
}

/// Whether the second factor is on, and the way to its page.
fn second_factor_line(is_on: bool) -> impl IntoView {
    let (state, text, link) =
        if is_on { ("On", "Signing in takes a code.", "Change") } else { ("Off", "The password alone signs you in.", "Set up") };
    view! {
        <p><span class="badge">{state}</span>" "{text}</p>
        <div class="end"><a class="button" href=paths::SECOND_FACTOR>{link}<span class="unseen">" the second factor"</span></a></div>
    }
}

fn session_row(session: OwnSession, current: i64) -> impl IntoView {
    let here = session.id == current;
    let address = session.address.map(|address| format!(" from {address}"));
    let badge = here.then(|| view! { <span class="badge">"This session"</span> });
    let (label, unseen) = if here { ("Sign out", "") } else { ("End", " this session") };
    view! {
        <li>
            <div>
                <p>{browser::describe(&session.browser)} " " {badge}</p>
                <p class="help">"Since " {moment(session.since)} {address} ". Last used " {moment(session.last_seen)} "."</p>
            </div>
            <form method="post" action=paths::SESSIONS>
                <input type="hidden" name="session" value=session.id />
                <button class="button small">{label}<span class="unseen">{unseen}</span></button>
            </form>
        </li>
    }
}

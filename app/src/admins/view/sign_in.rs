//! The sign-in page.

use crate::paths;
use leptos::prelude::*;

use super::{RejectedSignIn, RejectionReason, errors, label, rejection_summary};
use crate::{
    admins::{
        provider::{AdminProviderButton, store},
        store::accounts,
    },
    database::timed,
    layout::{frame::Entrance, loading},
    ui::{field::Field, form::summary},
};

/// The page to sign in with email and password.
#[component]
pub fn SignInPage() -> impl IntoView {
    let rejected = use_context::<RejectedSignIn>();
    let provider = use_context::<AdminProviderButton>();
    let next = rejected.as_ref().map_or_else(|| loading::query_value("next"), |rejected| rejected.next.clone());
    let lost_cookie = rejected.is_none() && loading::query_value("cookies") == "blocked";
    let (email, reason) = rejected.map_or_else(Default::default, |rejected| (rejected.email, Some(rejected.reason)));
    loading::loaded(async move {
        // Somebody has just tried to sign in. The page of a database that does not answer must not ask it again.
        let has_admin = reason.is_some() || accounts::any(timed(&loading::pool()?)).await.map_err(loading::unavailable)?;
        let no_admin = (!has_admin).then(|| {
            view! { <p class="banner note" role="status">"There is no admin yet. When the server started, it printed a link to create the first one. The link is valid for an hour; restart the server to get a new one."</p> }
        });
        let blocked = lost_cookie.then(|| {
            summary(
                "Your browser blocks cookies",
                "You are not signed in: without a cookie, the dashboard can't recognize you on the next page. Allow cookies for this site in \
                 your browser's settings. Then sign in again.",
                Vec::new(),
            )
        });
        let replaced = match &provider {
            Some(provider) if provider.replaces_passwords && !matches!(reason, Some(RejectionReason::Unavailable)) => {
                store::any(timed(&loading::pool()?), &provider.issuer).await.map_err(loading::unavailable)?
            }
            _ => false,
        };
        let button = provider.map(|provider| {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
            view! { <p><a class="button primary" href=format!("{}?{query}", paths::PROVIDER)>{provider.text}</a></p> }
        });
        let rejected = rejection_summary(reason.as_ref(), label);
        let errors = errors(reason);
        if replaced {
            return Ok(view! {
                <Entrance title="Sign in">
                    {rejected}
                    {button}
                    <p class="help">"Nobody signs in with a password here. If the identity provider can't be used, your server's administrator can create a link: " <code>"portal-redirects admin invite"</code></p>
                </Entrance>
            }
            .into_any());
        }
        Ok(view! {
            <Entrance title="Sign in">
                {no_admin}
                {blocked}
                {rejected}
                {button}
                <form method="post" class="card" action=paths::SIGN_IN novalidate>
                    <input type="hidden" name="next" value=next />
                    {Field { name: "email", label: "Email", kind: "email", autocomplete: "username", value: email, ..Field::default() }.show(&errors)}
                    {Field { name: "password", label: "Password", kind: "password", autocomplete: "current-password", ..Field::default() }.show(&errors)}
                    <div class="end"><button class="button primary">"Sign in"</button></div>
                </form>
                <p class="help">"Locked out? Your server's administrator can create a link to choose a new password: " <code>"portal-redirects admin reset"</code></p>
            </Entrance>
        }
        .into_any())
    })
}

//! The page that sends an admin a mail to choose a new password.

use leptos::prelude::*;

use super::{RejectedSignIn, errors, label, rejection_summary};
use crate::{
    layout::{frame::Entrance, loading},
    mail::SendsMail,
    paths,
    ui::{
        field::Field,
        icon::{TICK, icon},
    },
};

/// The page that asks for the email address of an account.
#[component]
pub fn ForgotPasswordPage() -> impl IntoView {
    let rejected = use_context::<RejectedSignIn>();
    let is_on = use_context::<SendsMail>().unwrap_or_default().0;
    let is_sent = rejected.is_none() && loading::query() == "sent";
    let (email, reason) = rejected.map_or_else(Default::default, |rejected| (rejected.email, Some(rejected.reason)));
    let summary = rejection_summary(reason.as_ref(), label);
    let errors = errors(reason);
    let command = view! { <p class="help">"Your server's administrator can also create a link for you: " <code>"portal-redirects admin reset"</code></p> };
    let body = if is_on {
        let sent = is_sent.then(|| {
            view! { <p class="banner" role="status">{icon(TICK)}"If there is an account with this address, a mail is on its way. Its link works once, within an hour. Look in the spam folder, too."</p> }
        });
        view! {
            {sent}
            {summary}
            <form method="post" class="card" action=paths::FORGOT_PASSWORD novalidate>
                {Field { name: "email", label: "Email", help: "You get a mail with a link to choose a new password.", kind: "email", autocomplete: "username", value: email }.show(&errors)}
                <div class="end"><button class="button primary">"Send the mail"</button></div>
            </form>
        }
        .into_any()
    } else {
        view! { <p class="banner note" role="status">"This server sends no mail, so it can't send you a link."</p> }.into_any()
    };
    view! {
        <Entrance title="Forgotten password">
            {body}
            {command}
            <p><a href=paths::SIGN_IN>"Back to sign-in"</a></p>
        </Entrance>
    }
}

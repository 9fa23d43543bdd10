//! The section of the Sign-in page that switches it.

use leptos::prelude::*;

use crate::{paths, ui::form::summary};

/// Somebody wanted to switch it on, on a server that sends no mail. The page finds it in its context.
#[derive(Clone, Copy, Debug)]
pub struct RefusedWithoutMail;

/// What the form's button posts as its action.
pub const REQUIRE: &str = "require_confirmed_email";
/// The same, to switch it off.
pub const DONT_REQUIRE: &str = "no_confirmed_email";

const NO_MAIL: &str = "This server sends no mail, so nobody could confirm an address. Start it with --smtp-url first.";

/// The error above the page, if there is one.
pub fn refused_banner() -> Option<impl IntoView> {
    use_context::<RefusedWithoutMail>().map(|_| summary("Not switched on", NO_MAIL.to_owned(), Vec::new()))
}

/// The section. Only owners get its button.
pub fn section(slug: &str, is_required: bool, sends_mail: bool, is_owner: bool) -> impl IntoView + use<> {
    let (state, kind) = if is_required { ("Required", Some("on")) } else { ("Not required", None) };
    let help = if is_required {
        "Visitors who sign up, or sign in with a password, get a mail with a link and a code first. Their session begins once they have used \
         one of them. Accounts without an email address sign in as before."
    } else {
        "Visitors sign up and sign in at once. They can confirm their email address later, on their account page."
    };
    let note = match (is_required, sends_mail) {
        (_, true) => None,
        (false, false) => Some(NO_MAIL),
        (true, false) => Some(
            "This server sends no mail. Nobody can sign up with a password now, and accounts whose address is not confirmed can't sign in. \
             Start it with --smtp-url, or don't require it.",
        ),
    };
    let (action, label) = if is_required { (DONT_REQUIRE, "Don't require it") } else { (REQUIRE, "Require it") };
    let button = is_owner.then(|| {
        let is_disabled = !is_required && !sends_mail;
        view! {
            <form method="post" class="switch-pages" action=paths::instance(slug).sign_in()>
                // A button and no field: it posts what it says, whatever was switched since the page was opened.
                <button class="button" name="action" value=action disabled=is_disabled>{label}<span class="unseen">" (confirmed email address)"</span></button>
            </form>
        }
    });
    view! {
        <section class="card apart" id="confirmed-email" aria-labelledby="confirmed-email-title">
            <div>
                <h2 id="confirmed-email-title">"Confirmed email address" " " <span class="badge" data-kind=kind>{state}</span></h2>
                <p class="help">{help}</p>
                {note.map(|note| view! { <p class="help"><strong>{note}</strong></p> })}
            </div>
            {button}
        </section>
    }
}

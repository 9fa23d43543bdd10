//! The hosted pages as they look: rendered on the server, without scripts, each one card with a way out.

mod create_organization;
mod notice;
mod organization;
mod form_error;
mod sign_in;
mod sign_out;
mod sign_up;
mod unauthorized_sign_in;
mod user;
mod waitlist;

use leptos::prelude::*;

use super::address::Address;
use crate::{
    redirects::Environment,
    ui::{
        icon::{TICK, icon},
        text::in_title,
    },
};

pub use create_organization::create_organization;
pub use notice::{Notice, notice};
pub use organization::organization;
pub use form_error::Problem;
pub use sign_in::sign_in;
pub use sign_out::sign_out;
pub use sign_up::sign_up;
pub use unauthorized_sign_in::unauthorized_sign_in;
pub use user::{UserPage, user};
pub use waitlist::waitlist;

/// The pages' whole style: nothing else is loaded for them.
const STYLE: &str = concat!(include_str!("../../../../style/portal.css"), include_str!("../../../../style/portal-form.css"));

/// What is asked of a new password.
const PASSWORD_HELP: &str = "12 characters at least. A few words in a row are easy to remember.";

/// The instance that a page is of, as its visitors see it.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Development says so on each page.
    pub environment: Environment,
    /// Where the logo leads.
    pub logo: String,
}

/// A whole page: the logo, then one card with a heading and what is below it. `nonce` is what the style is let through by.
pub fn document(host: Option<Host>, nonce: String, heading: &'static str, body: AnyView) -> String {
    let title = host.as_ref().map_or_else(|| heading.to_owned(), |host| in_title(&format!("{heading} · {}", host.name)));
    let development = host.as_ref().is_some_and(|host| host.environment == Environment::Development);
    let logo = host.map(|Host { name, logo, .. }| view! { <header><a class="logo" href=logo>{name}</a></header> });
    let mark = development.then(|| view! { <footer><p>"Development instance"</p></footer> });
    let page = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <title>{title}</title>
                // Browsers ask for an icon otherwise.
                <link rel="icon" href="data:," />
                <style nonce=nonce>{STYLE}</style>
            </head>
            <body>
                {logo}
                <main>
                    <h1>{heading}</h1>
                    {body}
                </main>
                {mark}
            </body>
        </html>
    };
    page.to_html()
}

/// What has been done, above a page that is shown again.
fn done(text: Option<&'static str>) -> impl IntoView {
    text.map(|text| view! { <p class="banner" role="status">{icon(TICK)}{text}</p> })
}

/// The end of a form: what sends it, and the way out.
fn end(address: &Address, button: &'static str) -> impl IntoView + use<> {
    let out = address.out.clone();
    view! {
        <div class="end">
            <button class="primary">{button}</button>
            <a class="cancel" href=out>"Cancel"</a>
        </div>
    }
}

//! The HTML document around every hosted page and notice.

use leptos::prelude::*;

use crate::{redirects::Environment, ui::text::escape_for_title};

/// The pages' whole style. They load nothing else.
const STYLE: &str = concat!(include_str!("../../../../style/portal.css"), include_str!("../../../../style/portal-form.css"));

/// The instance of a page, as its visitors see it.
#[derive(Clone, Debug)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// Pages of a development instance say so.
    pub environment: Environment,
    /// Where the logo leads; `None` if it leads nowhere.
    pub logo_url: Option<String>,
}

/// A whole page: the logo, then one card with a heading and `body`. The policy lets the style through by its `nonce`.
pub fn document(brand: Option<Brand>, nonce: String, heading: &'static str, body: AnyView) -> String {
    let title = brand.as_ref().map_or_else(|| heading.to_owned(), |brand| escape_for_title(&format!("{heading} · {}", brand.name)));
    let is_development = brand.as_ref().is_some_and(|brand| brand.environment == Environment::Development);
    let logo = brand.map(|Brand { name, logo_url, .. }| view! { <header>{logo(name, logo_url)}</header> });
    let footer = is_development.then(|| view! { <footer><p>"Development instance"</p></footer> });
    let page = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="robots" content="noindex" />
                <title>{title}</title>
                // Without it, browsers request /favicon.ico.
                <link rel="icon" href="data:," />
                <style nonce=nonce>{STYLE}</style>
            </head>
            <body>
                {logo}
                <main>
                    <h1>{heading}</h1>
                    {body}
                </main>
                {footer}
            </body>
        </html>
    };
    page.to_html()
}

fn logo(name: String, url: Option<String>) -> AnyView {
    match url {
        Some(url) => view! { <a class="logo" href=url>{name}</a> }.into_any(),
        None => view! { <span class="logo">{name}</span> }.into_any(),
    }
}

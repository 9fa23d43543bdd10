//! The HTML document around every hosted page and notice.

use std::sync::LazyLock;

use leptos::prelude::*;

use super::Inlined;
use crate::{redirects::Environment, ui::text::page_title};

/// The pages' whole style. They load nothing else.
pub static STYLE: LazyLock<Inlined> = LazyLock::new(|| {
    Inlined::new(concat!(include_str!("../../../../style/portal.css"), include_str!("../../../../style/portal-form.css")).to_owned())
});

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

/// A whole page: the logo, then one card with a heading and what the page is about.
#[derive(Clone, Debug)]
pub struct Document {
    /// The instance, if there is one.
    pub brand: Option<Brand>,
    /// The heading.
    pub heading: &'static str,
    /// The page's script.
    pub script: Option<&'static Inlined>,
    /// Whether the page reads a link's parameters. Without JavaScript, it can't read those in a fragment.
    pub reads_link: bool,
    /// Where the page moves on to by itself, without JavaScript.
    pub refresh: Option<String>,
    /// Whether the server runs with `--insecure-http`.
    pub is_insecure_http: bool,
}

impl Document {
    /// The page as HTML, with `body` below its heading.
    pub fn render(self, body: AnyView) -> String {
        let Self { brand, heading, script, reads_link, refresh, is_insecure_http } = self;
        let title = brand.as_ref().map_or_else(|| heading.to_owned(), |brand| format!("{heading} · {}", brand.name));
        let is_development = brand.as_ref().is_some_and(|brand| brand.environment == Environment::Development);
        let logo = brand.map(|Brand { name, logo_url, .. }| view! { <header>{logo(name, logo_url)}</header> });
        let development = is_development.then(|| view! { <p>"Development instance"</p> });
        let without_script = reads_link.then(|| {
            view! { <noscript><p>"If the link that brought you here contains a #, turn on JavaScript and open it again."</p></noscript> }
        });
        let footer = (is_development || reads_link).then(|| view! { <footer>{development}{without_script}</footer> });
        let insecure_http = is_insecure_http.then(|| {
            view! { <aside class="summary" aria-label="Warning"><p>"This server runs without TLS. Passwords travel unencrypted."</p></aside> }
        });
        let refresh = refresh.map(|url| view! { <noscript><meta http-equiv="refresh" content=format!("0; url={url}") /></noscript> });
        let class = refresh.is_some().then_some("moving");
        let script = script.map(|script| view! { <script inner_html=script.text()></script> });
        let page = view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <meta name="robots" content="noindex" />
                    {page_title(&title)}
                    // Without it, browsers request /favicon.ico.
                    <link rel="icon" href="data:," />
                    {script}
                    {refresh}
                    <style inner_html=STYLE.text()></style>
                </head>
                <body class=class>
                    {insecure_http}
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
}

fn logo(name: String, url: Option<String>) -> AnyView {
    match url {
        Some(url) => view! { <a class="logo" href=url>{name}</a> }.into_any(),
        None => view! { <span class="logo">{name}</span> }.into_any(),
    }
}

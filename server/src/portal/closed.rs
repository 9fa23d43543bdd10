//! What visitors of a closed portal see, and of one whose pages are switched off: a page of its own, without scripts and without
//! anything of the instance but its name.

use app::instances::stored::StoredInstance;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};

/// The page's whole style: nothing else is loaded for it.
const STYLE: &str = "html{color-scheme:light dark;font:1.0625rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}\
    body{display:grid;min-height:100vh;margin:0;place-content:center}main{max-width:30rem;padding:2rem 1.25rem}\
    h1{font-size:1.5rem;line-height:1.3;margin:0 0 .75rem}p{margin:0}";

/// The page of a portal that is closed, or whose pages are switched off; `None` where there are pages.
pub(super) fn shut(stored: &StoredInstance) -> Option<Response> {
    let (status, title, text) = if stored.archived_at.is_some() {
        (StatusCode::GONE, "This portal is closed", " has closed its account portal.")
    } else if !stored.portal_enabled {
        (StatusCode::NOT_FOUND, "There is no page here", " has switched its account portal's pages off.")
    } else {
        return None;
    };
    Some(answer(status, title, stored.instance.name(), text))
}

fn answer(status: StatusCode, title: &'static str, name: &str, text: &'static str) -> Response {
    let nonce = Nonce::new();
    let policy = format!("default-src 'none'; style-src 'nonce-{nonce}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
    let page = document(title, name.to_owned(), text, &nonce);
    let mut response = (status, Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn document(title: &'static str, name: String, text: &'static str, nonce: &Nonce) -> String {
    let nonce = nonce.to_string();
    // A name is text in an element that escapes it; the title is one of ours, as that one would not.
    let page = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="robots" content="noindex" />
                <title>{title}</title>
                <style nonce=nonce>{STYLE}</style>
            </head>
            <body>
                <main>
                    <h1>{title}</h1>
                    <p><strong>{name}</strong>{text}" If you came here by a link, ask those who gave it to you for another way."</p>
                </main>
            </body>
        </html>
    };
    page.to_html()
}

//! The addresses of an instance's portal: its hosted pages and its API.

use leptos::prelude::*;

use crate::{
    instances::stored::StoredInstance,
    paths,
    redirects::Page,
    target_checks::{health::TargetHealth, view::health_line},
    ui::{
        copy_button::copy_button,
        icon::{OPEN, icon},
    },
};

/// An address: what it is, a text to copy, and whether it can be opened.
struct Address {
    id: String,
    label: &'static str,
    text: String,
    opens: bool,
}

/// The hosted pages.
pub(super) fn pages_card(stored: &StoredInstance, health: Option<&TargetHealth>) -> impl IntoView + use<> {
    let origin = stored.instance.portal_origin().as_str();
    let rows = Page::ALL
        .map(|page| {
            let (id, text) = (format!("url-of-{}", &page.path()[1..]), format!("{origin}{}", page.path()));
            row(Address { id, label: page.label(), text, opens: true })
        })
        .collect_view();
    let (kind, state) = if stored.portal_enabled { ("on", "On") } else { ("off", "Off") };
    view! {
        <section class="card wide" aria-labelledby="pages">
            <header class="card-head">
                <div>
                    <h2 id="pages">"Portal pages " <span class="badge" data-kind=kind>{state}</span></h2>
                    <p class="help">"Link to these from your application. Add " <code>"?redirect_url="</code> " to say where people go afterwards."</p>
                </div>
                {health.map(|health| health_line(&health.of_portal(stored)))}
            </header>
            <ul class="addresses">{rows}</ul>
        </section>
    }
}

/// The portal's API.
pub(super) fn api_card(stored: &StoredInstance) -> impl IntoView + use<> {
    let resolve = format!("{}/v1/resolve", stored.instance.portal_origin().as_str());
    let curl = format!("curl \"{resolve}?flow=sign-in\"");
    let rows = [
        row(Address { id: "api-address".to_owned(), label: "Address", text: resolve.clone(), opens: false }),
        row(Address { id: "api-curl".to_owned(), label: "With curl", text: curl, opens: false }),
    ];
    view! {
        <section class="card wide" aria-labelledby="api">
            <header class="card-head">
                <div>
                    <h2 id="api">"Portal API"</h2>
                    <p class="help">"Says where a link leads, and why. It needs no key."</p>
                </div>
                <a class="button plain small" href=paths::instance(&stored.settings.slug).snippets()>"Snippets"</a>
            </header>
            <ul class="addresses">{rows.into_iter().collect_view()}</ul>
        </section>
    }
}

fn row(Address { id, label, text, opens }: Address) -> impl IntoView {
    let open = opens.then(|| {
        view! {
            <a class="button plain small" href=text.clone() target="_blank" rel="noopener">
                {icon(OPEN)}
                <span class="word">"Open"</span>
                <span class="unseen">" " {label} " in a new tab"</span>
            </a>
        }
    });
    view! {
        <li>
            <h3>{label}</h3>
            <code id=id.clone()>{text}</code>
            <span class="do">{open} {copy_button(id, format!("the URL of {label}"))}</span>
        </li>
    }
}

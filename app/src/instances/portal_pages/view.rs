//! What the screens say of hosted pages that are switched off, and the form that switches them.

use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;

use super::PortalPages;
use crate::{
    instances::{api::SetPortalPages, stored::StoredInstance},
    paths,
    redirects::Environment,
    saving::bar::status,
    ui::icon::{TICK, icon},
};

/// Switches the hosted pages, beside an instance's settings.
pub(in crate::instances) fn switch_section(stored: &StoredInstance, read_only: bool) -> impl IntoView + use<> {
    let slug = stored.settings.slug.clone();
    let pages = if stored.portal_enabled { PortalPages::On } else { PortalPages::Off };
    let kind = (pages == PortalPages::Off).then_some("off");
    let form = (!read_only).then(|| match pages {
        PortalPages::Off => switch_form(&slug, PortalPages::On, None).into_any(),
        PortalPages::On => {
            let whose = match stored.settings.environment {
                Environment::Production => "This is a production instance. ",
                Environment::Development => "",
            };
            view! {
                <details class="sure">
                    <summary class="button">"Switch off…"<span class="unseen">" the portal pages"</span></summary>
                    {switch_form(&slug, PortalPages::Off, Some(whose))}
                </details>
            }
            .into_any()
        }
    });
    view! {
        <section class="card apart" id="portal" aria-labelledby="portal-title">
            <div>
                <h2 id="portal-title">"Portal pages" " " <span class="badge" data-kind=kind>{pages.label()}</span></h2>
                <p class="help">{pages.help()}" Redirects stay as they are, and the portal's API goes on answering."</p>
            </div>
            {form}
        </section>
    }
}

/// The form that switches the pages. With `whose` it asks first, and names the consequence.
fn switch_form(slug: &str, to: PortalPages, whose: Option<&'static str>) -> impl IntoView + use<> {
    let page = paths::instance(slug);
    let question = whose.map(|whose| {
        view! {
            <p>{whose}"From this moment on, visitors of sign-in, sign-up and the other pages get 404. Nobody can sign in there."</p>
            <a class="button small" href=format!("{}#portal", page.settings())>"Cancel"</a>
        }
    });
    let class = if whose.is_some() { "button small danger" } else { "button" };
    view! {
        <form
            method="post"
            class=if whose.is_some() { "below" } else { "switch-pages" }
            action=page.portal_pages()
            data-function=SetPortalPages::PATH
            data-arguments=json!({ "slug": slug, "pages": to }).to_string()
            data-page=format!("{}?portal-{}", page.settings(), to.name())
        >
            {question}
            // A button and no field: it posts what it says, whatever was switched since the page was opened.
            <button class=class name="pages" value=to.name()>{to.other().switch()}<span class="unseen">" the portal pages"</span></button>
            {status()}
        </form>
    }
}

/// Says that the pages have just been switched, and undoes it, where the page's query does and it is still so.
pub(in crate::instances) fn switched_banner(query: &str, stored: &StoredInstance, read_only: bool) -> Option<impl IntoView + use<>> {
    let (text, back) = match (query, stored.portal_enabled) {
        ("portal-off", false) => ("The portal pages are switched off: visitors get 404.", PortalPages::On),
        ("portal-on", true) => ("The portal pages are switched on: visitors find them again.", PortalPages::Off),
        _ => return None,
    };
    let undo = (!read_only).then(|| {
        view! {
            <form method="post" class="undo" action=paths::instance(&stored.settings.slug).portal_pages()>
                <button class="button small" name="pages" value=back.name()>"Undo"</button>
            </form>
        }
    });
    Some(view! { <div class="banner" role="status">{icon(TICK)}<span>{text}</span>{undo}</div> })
}

//! What the screens say of hosted pages that are switched off, and the form that switches them.

use leptos::{prelude::*, server_fn::ServerFn};
use serde_json::json;

use super::PortalPages;
use crate::{
    instances::{api::SetPortalPages, stored::StoredInstance},
    paths,
    saving::bar::status,
    ui::icon::{TICK, icon},
};

/// Switches the hosted pages, beside an instance's settings.
pub(in crate::instances) fn switch_section(stored: &StoredInstance, read_only: bool) -> impl IntoView + use<> {
    let slug = stored.settings.slug.clone();
    let pages = if stored.portal_enabled { PortalPages::On } else { PortalPages::Off };
    let (to, kind) = (pages.other(), (pages == PortalPages::Off).then_some("off"));
    let form = (!read_only).then(|| {
        view! {
            <form
                method="post"
                class="switch-pages"
                action=paths::instance(&slug).portal_pages()
                data-function=SetPortalPages::PATH
                data-arguments=json!({ "slug": slug, "pages": to }).to_string()
                data-page=format!("{}?portal-{}", paths::instance(&slug).settings(), to.name())
            >
                // A button and no field: it posts what it says, whatever was switched since the page was opened.
                <button class="button" name="pages" value=to.name()>{pages.switch()}<span class="unseen">" the portal pages"</span></button>
                {status()}
            </form>
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

/// Says that the pages have just been switched, where the page's query does and it is still so.
pub(in crate::instances) fn switched_banner(query: &str, stored: &StoredInstance) -> Option<impl IntoView + use<>> {
    let text = match (query, stored.portal_enabled) {
        ("portal-off", false) => "The portal pages are switched off: visitors get 404.",
        ("portal-on", true) => "The portal pages are switched on: visitors find them again.",
        _ => return None,
    };
    Some(view! { <p class="banner" role="status">{icon(TICK)}{text}</p> })
}

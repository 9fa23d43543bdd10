//! The switch of the hosted pages. It takes effect at once, in place with JavaScript and by a plain form without.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;

use super::PortalPages;
use crate::{
    instances::api::set_portal_pages,
    paths,
    saving::{
        in_place::{InPlace, Phase},
        page_refresh::refresh,
    },
};

/// The state of the hosted pages, and the button that switches them.
#[island]
pub fn PortalPagesSwitch(slug: String, pages: PortalPages, read_only: bool) -> impl IntoView {
    let saving = InPlace::new(String::new(), Vec::new());
    let pages = RwSignal::new(pages);
    let action = paths::instance(&slug).portal_pages();
    let switch = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let to = pages.get_untracked().other();
        saving.save(set_portal_pages(slug.clone(), to), move |_| {
            pages.set(to);
            refresh();
        });
    };
    let said = move || match (saving.phase.get(), pages.get()) {
        (Phase::Saving, _) => "Switching…".to_owned(),
        (Phase::Saved { .. }, PortalPages::Off) => "The portal pages are switched off: visitors get 404.".to_owned(),
        (Phase::Saved { .. }, PortalPages::On) => "The portal pages are switched on: visitors find them again.".to_owned(),
        (Phase::Failed(error), _) => format!("Not switched. {error}"),
        (Phase::Editing, _) => String::new(),
    };
    view! {
        <div>
            <h2 id="portal-title">
                "Portal pages" " "
                <span class="badge" data-kind=move || (pages.get() == PortalPages::Off).then_some("off")>{move || pages.get().label()}</span>
            </h2>
            <p class="help">{move || pages.get().help()}" Redirects stay as they are, and the portal's API goes on answering."</p>
            <p class="said" role="status">{said}</p>
        </div>
        {(!read_only).then(|| view! {
            <form method="post" action=action on:submit=switch>
                // A button and no field: it posts what it says, whatever was switched since the page was opened.
                <button
                    class="button"
                    name="pages"
                    value=move || pages.get().other().name()
                    aria-disabled=move || (saving.phase.get() == Phase::Saving).then_some("true")
                >
                    {move || pages.get().switch()}<span class="unseen">" the portal pages"</span>
                </button>
            </form>
        })}
    }
}

//! A button that copies a text of the page. It is not there without JavaScript, nor over HTTP, where browsers give pages no clipboard:
//! the text can be selected.

use leptos::prelude::*;

use super::icon::{COPY, icon};

/// Copies the text of the element whose id is `of`, and says so. `label` tells a screen reader what is copied.
pub fn copy_button(of: impl Into<String>, label: impl Into<String>) -> impl IntoView {
    view! {
        <button type="button" class="copy" data-copy=of.into()>
            {icon(COPY)}
            <span class="word" aria-live="polite">"Copy"</span>
            <span class="unseen">" " {label.into()}</span>
        </button>
        <CopyButtons />
    }
}

/// The same for the text of the element before it, in HTML that may be put into the page later. It works where [`CopyButtons`] are.
pub fn plain_copy_button(label: &'static str) -> impl IntoView {
    view! {
        <button type="button" class="copy" data-copy="">
            <span class="word" aria-live="polite">"Copy"</span>
            <span class="unseen">" " {label}</span>
        </button>
    }
}

/// Makes every copy button of the page work, those that come later too.
#[island]
pub fn CopyButtons() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    browser::listen();
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
    use web_sys::{Element, Event};

    /// Says on the page's body that the buttons work.
    const LIVE: &str = "data-copies";

    pub(super) fn listen() {
        let Some(body) = document().body().filter(|body| window().is_secure_context() && !body.has_attribute(LIVE)) else { return };
        let _ = body.set_attribute(LIVE, "");
        window_event_listener(ev::click, |event| {
            let _ = copy(&event);
        });
    }

    fn copy(event: &Event) -> Option<()> {
        let button = event.target()?.dyn_into::<Element>().ok()?.closest("[data-copy]").ok()??;
        let from = match button.get_attribute("data-copy").filter(|id| !id.is_empty()) {
            Some(id) => document().get_element_by_id(&id)?,
            None => button.previous_element_sibling()?,
        };
        let (text, said) = (from.text_content()?, button.query_selector(".word").ok()??);
        leptos::task::spawn_local(async move {
            let promise = window().navigator().clipboard().write_text(&text);
            let is_copied = wasm_bindgen_futures::JsFuture::from(promise).await.is_ok();
            said.set_text_content(Some(if is_copied { "Copied" } else { "Press Ctrl+C" }));
            set_timeout(move || said.set_text_content(Some("Copy")), Duration::from_secs(2));
        });
        Some(())
    }
}

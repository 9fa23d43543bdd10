//! A button that copies a text of the page. It is not there without JavaScript, nor over HTTP, where browsers give pages no clipboard:
//! the text can be selected.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use leptos::wasm_bindgen::JsCast;

use super::icon::{COPY, icon};

/// Copies the text of the element whose id is `of`, and says so. `label` tells a screen reader what is copied.
#[island]
pub fn CopyButton(of: String, label: String) -> impl IntoView {
    let live = RwSignal::new(false);
    let state = RwSignal::new("Copy");
    Effect::new(move |_| live.set(window().is_secure_context()));
    let copy = move |_| {
        let text = document().get_element_by_id(&of).and_then(|element| element.text_content()).unwrap_or_default();
        leptos::task::spawn_local(async move {
            state.set(if write(&text).await { "Copied" } else { "Press Ctrl+C" });
            set_timeout(move || state.set("Copy"), std::time::Duration::from_secs(2));
        });
    };
    view! {
        <button type="button" class="copy" hidden=move || !live.get() on:click=copy>
            {icon(COPY)}
            <span class="word" aria-live="polite">{move || state.get()}</span>
            <span class="unseen">" " {label}</span>
        </button>
    }
}

/// A button that copies the text of the element before it. It may stand in HTML that is put into the page later, where an island would
/// not come alive. It is shown, and works, once an island of the page has called `serve_plain_copy_buttons`.
pub fn plain_copy_button(label: &'static str) -> impl IntoView {
    view! { <button type="button" class="copy" data-copy><span aria-live="polite">"Copy"</span><span class="unseen">" " {label}</span></button> }
}

/// Makes every [`plain_copy_button`] of the page work, those that come later too.
#[cfg(feature = "hydrate")]
pub fn serve_plain_copy_buttons() {
    if let Some(body) = document().body().filter(|_| window().is_secure_context()) {
        let _ = body.set_attribute("data-copies", "");
    }
    window_event_listener(leptos::ev::click, |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("[data-copy]").ok()?) else { return };
        let (Some(from), Some(state)) = (button.previous_element_sibling(), button.first_element_child()) else { return };
        let text = from.text_content().unwrap_or_default();
        leptos::task::spawn_local(async move {
            state.set_text_content(Some(if write(&text).await { "Copied" } else { "Press Ctrl+C" }));
            set_timeout(move || state.set_text_content(Some("Copy")), std::time::Duration::from_secs(2));
        });
    });
}

#[cfg(feature = "hydrate")]
async fn write(text: &str) -> bool {
    let promise = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(promise).await.is_ok()
}

/// The server has no clipboard, and never runs this.
#[cfg(not(feature = "hydrate"))]
async fn write(_text: &str) -> bool {
    std::future::ready(false).await
}

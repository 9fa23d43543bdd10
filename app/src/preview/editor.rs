//! The island of the Preview tab: while somebody types, it updates the results and the page's address.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use std::time::Duration;

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

/// Sends the form with the id `preview` to the server whenever somebody types into it, and puts the response into the page. The server
/// renders the form and the sections beside this island.
#[island]
pub fn PreviewEditor(slug: String) -> impl IntoView {
    let requests = Requests { slug: StoredValue::new(slug), count: StoredValue::new(0), failed: RwSignal::new(false) };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        let Some(form) = form() else { return };
        // From now on the button is not needed.
        let _ = form.set_attribute("data-live", "");
        let listener = window_event_listener(ev::input, move |_| {
            // A response that is still on its way is out of date.
            requests.count.update_value(|count| *count += 1);
            if let Some(handle) = timer.get_value() {
                handle.clear();
            }
            timer.set_value(set_timeout_with_handle(move || requests.send(), Duration::from_millis(200)).ok());
        });
        on_cleanup(move || listener.remove());
        // Somebody may have typed before the island was hydrated.
        if is_typed(&form) {
            requests.send();
        }
    });
    view! {
        <p class="summary" role="alert" hidden=move || !requests.failed.get()>
            "This is not up to date: the server can't be reached, or the text is too long for it. What you typed is kept."
        </p>
    }
}

fn form() -> Option<HtmlFormElement> {
    document().get_element_by_id("preview").map(JsCast::unchecked_into)
}

/// Whether somebody has changed a field since the server rendered the form.
fn is_typed(form: &HtmlFormElement) -> bool {
    let elements = form.elements();
    (0..elements.length()).filter_map(|at| elements.item(at)).any(|field| match field.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.value() != input.default_value(),
        // The only select has its first value in an attribute.
        None => field.get_attribute("data-first").is_some_and(|first| field.unchecked_ref::<HtmlSelectElement>().value() != first),
    })
}

/// The requests to the server. Only the response to the last one counts.
#[derive(Clone, Copy)]
struct Requests {
    slug: StoredValue<String>,
    count: StoredValue<u32>,
    failed: RwSignal<bool>,
}

impl Requests {
    fn send(self) {
        let Some(typed) = form()
            .and_then(|form| FormData::new_with_form(&form).ok())
            .and_then(|typed| UrlSearchParams::new_with_str_sequence_sequence(&typed).ok())
        else {
            return;
        };
        let typed = String::from(typed.to_string());
        let number = self.count.get_value();
        leptos::task::spawn_local(async move {
            let response = super::api::preview(self.slug.get_value(), typed).await;
            // Somebody has typed since this request was sent.
            if self.count.get_value() != number {
                return;
            }
            self.failed.set(response.is_err());
            if let Ok(response) = response {
                show(&response);
            }
        });
    }
}

/// Puts a response of [`super::api::preview`] into the page.
fn show(response: &str) {
    let mut parts = response.split('\0');
    if let Some(address) = parts.next()
        && let Ok(history) = window().history()
    {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
    while let (Some(id), Some(html)) = (parts.next(), parts.next()) {
        let (id, attribute) = id.split_once('@').unwrap_or((id, ""));
        match document().get_element_by_id(id) {
            Some(element) if attribute.is_empty() => element.set_inner_html(html),
            Some(element) => drop(element.set_attribute(attribute, html)),
            None => {}
        }
    }
}

//! The island of the Preview tab: while somebody types, it updates the results and the page's address.

use leptos::{
    ev,
    prelude::*,
    server_fn::ServerFn,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

use super::api::Preview;
use crate::{
    error::AppError,
    saving::{
        api_call::{call, object},
        live_check::{Asked, LiveCheck, why_unchecked},
    },
};

/// Sends the form with the id `preview` to the server whenever somebody types into it, and puts the response into the page. The server
/// renders the form and the sections around this island. Until the response is there, "Checking…" takes the place of the old result.
#[island]
pub fn PreviewEditor() -> impl IntoView {
    let requests = Requests { check: LiveCheck::default(), pending: RwSignal::new(false), failed: RwSignal::new(String::new()) };
    Effect::new(move |_| {
        let Some(form) = form() else { return };
        // From now on the button is not needed.
        let _ = form.set_attribute("data-live", "");
        let listener = window_event_listener(ev::input, move |_| requests.typed());
        on_cleanup(move || listener.remove());
        // Somebody may have typed before the island was hydrated.
        if is_typed(&form) {
            requests.typed();
        }
    });
    view! {
        <p class="checking" role="status">{move || if requests.pending.get() { "Checking…" } else { "" }}</p>
        <p class="checking" role="alert">{move || requests.failed.get()}</p>
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

/// The requests to the server.
#[derive(Clone, Copy)]
struct Requests {
    check: LiveCheck,
    pending: RwSignal<bool>,
    failed: RwSignal<String>,
}

impl Requests {
    /// Somebody has typed, so what is shown is out of date.
    fn typed(self) {
        self.set(true, String::new());
        let ask = move || -> Asked {
            Box::pin(async move {
                let slug = form().and_then(|form| form.get_attribute("data-slug")).unwrap_or_default();
                let asked = object(&[("slug", &slug), ("form", &typed())]);
                let response = call(Preview::PATH.to_owned(), asked).await?.as_string().ok_or(AppError::Unreachable)?;
                let answer: Box<dyn FnOnce()> = Box::new(move || {
                    show(&response);
                    self.set(false, String::new());
                });
                Ok(answer)
            })
        };
        self.check.ask(ask, move |error| self.set(false, why_unchecked(error)));
    }

    fn set(self, pending: bool, failed: String) {
        if let Some(form) = form() {
            let _ = form.toggle_attribute_with_force("data-pending", pending || !failed.is_empty());
        }
        self.pending.set(pending);
        self.failed.set(failed);
    }
}

/// What is in the form, as a query string.
fn typed() -> String {
    let form = form().and_then(|form| FormData::new_with_form(&form).ok());
    let query = form.and_then(|form| UrlSearchParams::new_with_str_sequence_sequence(&form).ok());
    query.map(|query| String::from(query.to_string())).unwrap_or_default()
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

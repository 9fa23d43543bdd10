//! What moves in the Preview tab: the result follows as one types, and the page's address with it.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use std::time::Duration;

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

/// Asks the server anew when something is typed into the form with the id `preview`, and puts the answer in its places.
/// Form and places are beside it and made by the server.
#[island]
pub fn PreviewEditor(slug: String) -> impl IntoView {
    let asks = Asks { slug: StoredValue::new(slug), count: StoredValue::new(0), failed: RwSignal::new(false) };
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| {
        let Some(form) = form() else { return };
        // What the button does happens by itself from now on.
        let _ = form.set_attribute("data-live", "");
        let listener = window_event_listener(ev::input, move |_| {
            // From now on, no answer that is still on its way counts.
            asks.count.update_value(|count| *count += 1);
            if let Some(handle) = timer.get_value() {
                handle.clear();
            }
            timer.set_value(set_timeout_with_handle(move || asks.ask(), Duration::from_millis(200)).ok());
        });
        on_cleanup(move || listener.remove());
        // What was typed before this came alive counts too.
        if is_typed(&form) {
            asks.ask();
        }
    });
    view! {
        <p class="summary" role="alert" hidden=move || !asks.failed.get()>
            "This is not up to date: the server can't be reached, or what is typed is too long for it. It is kept."
        </p>
    }
}

fn form() -> Option<HtmlFormElement> {
    document().get_element_by_id("preview").map(JsCast::unchecked_into)
}

/// Whether a field of the form is no longer as the server made it.
fn is_typed(form: &HtmlFormElement) -> bool {
    let elements = form.elements();
    (0..elements.length()).filter_map(|at| elements.item(at)).any(|field| match field.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.value() != input.default_value(),
        // The one select says what it began with.
        None => field.get_attribute("data-first").is_some_and(|first| field.unchecked_ref::<HtmlSelectElement>().value() != first),
    })
}

/// The questions to the server, of which only the last one's answer counts.
#[derive(Clone, Copy)]
struct Asks {
    slug: StoredValue<String>,
    count: StoredValue<u32>,
    failed: RwSignal<bool>,
}

impl Asks {
    fn ask(self) {
        let Some(typed) = form()
            .and_then(|form| FormData::new_with_form(&form).ok())
            .and_then(|typed| UrlSearchParams::new_with_str_sequence_sequence(&typed).ok())
        else {
            return;
        };
        let typed = String::from(typed.to_string());
        let asked = self.count.get_value();
        leptos::task::spawn_local(async move {
            let answer = super::api::preview(self.slug.get_value(), typed).await;
            // An answer to what is no longer in the form is too late.
            if self.count.get_value() != asked {
                return;
            }
            self.failed.set(answer.is_err());
            if let Ok(answer) = answer {
                show(&answer);
            }
        });
    }
}

/// Takes the answer of [`super::api::preview`] apart.
fn show(answer: &str) {
    let mut parts = answer.split('\0');
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

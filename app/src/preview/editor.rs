//! The island of the Preview tab: while somebody types, it updates the results and the page's address.
#![expect(missing_docs, reason = "the struct that #[island] makes of a function has its documentation on the function")]

use std::time::Duration;

use crate::{error::AppError, ui::retry::retry_delay};
use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{FormData, HtmlFormElement, HtmlInputElement, HtmlSelectElement, UrlSearchParams};

/// Sends the form with the id `preview` to the server whenever somebody types into it, and puts the response into the page. The server
/// renders the form and the sections around this island. Until the response is there, "Checking…" takes the place of the old result.
#[island]
pub fn PreviewEditor(slug: String) -> impl IntoView {
    let requests = Requests {
        slug: StoredValue::new(slug),
        count: StoredValue::new(0),
        failures: StoredValue::new(0),
        timer: StoredValue::new(None),
        state: RwSignal::new(RequestState::Done),
    };
    Effect::new(move |_| {
        let Some(form) = form() else { return };
        // From now on the button is not needed.
        let _ = form.set_attribute("data-live", "");
        #[cfg(feature = "hydrate")]
        crate::ui::copy_button::serve_plain_copy_buttons();
        let listener = window_event_listener(ev::input, move |_| requests.typed());
        on_cleanup(move || listener.remove());
        // Somebody may have typed before the island was hydrated.
        if is_typed(&form) {
            requests.typed();
        }
    });
    let failed = move || match requests.state.get() {
        RequestState::Failed(error) if error.is_temporary() => {
            ["Not checked. ", &error.to_string(), " This page tries again by itself. What you typed is kept."].concat()
        }
        RequestState::Failed(error) => ["Not checked. ", &error.to_string()].concat(),
        _ => String::new(),
    };
    view! {
        <p class="checking" role="status">{move || if requests.state.get() == RequestState::Pending { "Checking…" } else { "" }}</p>
        <p class="checking" role="alert">{failed}</p>
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

/// What is known about the form as it is now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RequestState {
    /// The sections show it.
    Done,
    /// The response is on its way.
    Pending,
    /// The last request failed.
    Failed(AppError),
}

/// The requests to the server. Only the response to the last one counts.
#[derive(Clone, Copy)]
struct Requests {
    slug: StoredValue<String>,
    count: StoredValue<u32>,
    failures: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
    state: RwSignal<RequestState>,
}

impl Requests {
    /// Somebody has typed: what is shown is out of date, and so is a response that is still on its way.
    fn typed(self) {
        self.count.update_value(|count| *count += 1);
        self.set(RequestState::Pending);
        self.send_in(Duration::from_millis(200));
    }

    fn set(self, state: RequestState) {
        self.state.set(state);
        if let Some(form) = form() {
            let _ = form.toggle_attribute_with_force("data-pending", state != RequestState::Done);
        }
    }

    fn send_in(self, delay: Duration) {
        if let Some(handle) = self.timer.get_value() {
            handle.clear();
        }
        self.timer.set_value(set_timeout_with_handle(move || self.send(), delay).ok());
    }

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
            match response {
                Ok(response) => {
                    self.failures.set_value(0);
                    show(&response);
                    self.set(RequestState::Done);
                }
                Err(error) => {
                    self.set(RequestState::Failed(error));
                    self.failures.update_value(|failures| *failures += 1);
                    if error.is_temporary() {
                        self.send_in(retry_delay(self.failures.get_value()));
                    }
                }
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

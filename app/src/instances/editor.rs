//! Helps while the form of an instance is filled in: it offers slug, portal origin and home URL from what is typed, and shows more inputs
//! for origins.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::form::slug_from;
use crate::saving::form_element::element;

/// The id of the button that shows another input for an origin.
pub const ADD_ORIGIN: &str = "add-origin";

/// Follows what is typed into the form, which the server has rendered.
#[island]
pub fn InstanceEditor() -> impl IntoView {
    Effect::new(|_| {
        show_button();
        let typed = window_event_listener(ev::input, |event| {
            let Some(input) = event.target().map(JsCast::unchecked_into::<HtmlInputElement>) else { return };
            offer(&input.id(), input.value().trim());
            // A value that arrives in a hidden input shows it.
            if let Ok(Some(row)) = input.closest(".input") {
                row.unchecked_into::<HtmlElement>().set_hidden(false);
            }
        });
        let clicked = window_event_listener(ev::click, |event| {
            let id = event.target().map(|target| target.unchecked_into::<Element>().id());
            if let Some(row) = hidden_row().filter(|_| id.as_deref() == Some(ADD_ORIGIN)) {
                row.set_hidden(false);
                show_button();
            }
        });
        on_cleanup(move || [typed, clicked].into_iter().for_each(WindowListenerHandle::remove));
    });
}

/// Offers what follows from a field that is typed into.
fn offer(field: &str, typed: &str) {
    let offer = |id, value: &str| {
        if let Some(input) = element(id) {
            let _ = input.set_attribute("placeholder", value);
        }
    };
    match field {
        "name" => {
            let slug = slug_from(typed);
            offer("slug", if slug.is_empty() { "my-app" } else { &slug });
        }
        "domain" => {
            let domain = if typed.is_empty() { "myapp.com" } else { typed };
            offer("portal_origin", &["https://accounts.", domain].concat());
            offer("home_url", &["https://", domain, "/"].concat());
        }
        _ => {}
    }
}

/// The first input for an origin that is not shown yet.
fn hidden_row() -> Option<HtmlElement> {
    Some(document().query_selector(".rows > .input[hidden]").ok()??.unchecked_into())
}

/// The button is there while it can show another input.
fn show_button() {
    if let Some(button) = element(ADD_ORIGIN) {
        button.set_hidden(hidden_row().is_none());
    }
}

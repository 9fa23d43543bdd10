//! Helps while the form of an instance is filled in: it offers slug, portal origin and home URL from what is typed, moves origins
//! between their input and their rows.

use std::time::Duration;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, HtmlElement, HtmlInputElement, InputEvent};

use super::form::{offered_host, origins_in, slug_from};
use crate::saving::{
    form_element::{Fields, LIST, add_row, announce, base, element, form, inputs},
    in_place::STORED,
};

/// The id of the button that makes a row of what is in the input for an origin.
pub const ADD_ORIGIN: &str = "add-origin";
/// The id of the template of such a row.
pub const ORIGIN_TEMPLATE: &str = crate::saving::form_element::ROW_TEMPLATE;
/// The id of the line that shows what is folded away.
pub const ADVANCED_VALUES: &str = "advanced-values";

/// Follows what is typed into the form, which the server has rendered.
#[island]
pub fn InstanceEditor() -> impl IntoView {
    Effect::new(|_| {
        if let Some(form) = form() {
            let _ = form.set_attribute("data-live", "");
        }
        if let Some(button) = element(ADD_ORIGIN) {
            button.set_hidden(false);
        }
        number_origins();
        let typed = window_event_listener(ev::input, |event| {
            let Some(input) = event.target().map(JsCast::unchecked_into::<HtmlInputElement>) else { return };
            if let Ok(Some(details)) = input.closest("details") {
                let _ = details.set_attribute("open", "");
            }
            let is_pasted = event.dyn_ref::<InputEvent>().is_some_and(|event| event.input_type() == "insertFromPaste");
            if input.name() == LIST && is_pasted {
                // The rows tell of themselves by the event that is being handled here.
                set_timeout(move || move_to_rows(&input, 2), Duration::ZERO);
            }
            offer();
            number_origins();
        });
        let clicked = window_event_listener(ev::click, |event| {
            let Some(target) = event.target().map(JsCast::unchecked_into::<Element>) else { return };
            if target.id() == ADD_ORIGIN {
                if let Some(input) = new_origin() {
                    move_to_rows(&input, 1);
                }
            } else if let Ok(Some(row)) = target.closest("[data-remove]").map(|button| button.and_then(|button| button.parent_element()))
                && let Ok(Some(input)) = row.query_selector("input")
            {
                let input: HtmlInputElement = input.unchecked_into();
                input.set_checked(!input.checked());
                announce(&input);
                if !row.is_connected()
                    && let Some(input) = new_origin()
                {
                    let _ = input.focus();
                }
            }
        });
        let stored = window_event_listener_untyped(STORED, |_| number_origins());
        on_cleanup(move || [typed, clicked, stored].into_iter().for_each(WindowListenerHandle::remove));
    });
}

/// The input for another origin.
fn new_origin() -> Option<HtmlInputElement> {
    Some(document().query_selector("#add input").ok()??.unchecked_into())
}

/// Makes rows of the origins in an input, if there are at least so many.
fn move_to_rows(input: &HtmlInputElement, least: usize) {
    let origins = origins_in(&input.value());
    if origins.len() < least {
        return;
    }
    input.set_value("");
    for origin in origins {
        add_row(origin.trim());
    }
    announce(input);
    let _ = input.focus();
}

/// Offers what follows from what is typed.
fn offer() {
    let Some(typed) = Fields::typed() else { return };
    let host = offered_host(&typed.get("domain")).to_owned();
    let slug = slug_from(&typed.get("name"));
    let slug = if slug.is_empty() { "my-app".to_owned() } else { slug };
    let values =
        [("portal_origin", ["https://accounts.", &host].concat()), ("home_url", ["https://", &host, "/"].concat()), ("slug", slug)];
    let mut shown = Vec::new();
    for (field, offered) in values {
        if let Some(input) = element(field) {
            let _ = input.set_attribute("placeholder", &offered);
        }
        let value = typed.get(field);
        shown.push(if value.trim().is_empty() { offered } else { value });
    }
    if let Some(line) = element(ADVANCED_VALUES) {
        line.set_text_content(Some(&shown.join(" · ")));
    }
}

/// Gives the origins the ids that the server counts them by, and the rows their state. A row that is neither stored nor kept goes.
fn number_origins() {
    let stored = Fields::read(&base()).map(|base| base.get_all(LIST)).unwrap_or_default();
    let mut count = 0;
    for input in inputs(LIST) {
        let Ok(Some(group)) = input.closest(".origin, .add") else { continue };
        let is_row = input.type_() == "checkbox";
        let is_sent = if is_row { input.checked() } else { !input.value().trim().is_empty() };
        let is_stored = stored.contains(&input.value());
        if is_row && !is_stored && !is_sent {
            group.remove();
            continue;
        }
        let id = if is_row && !is_sent { String::new() } else { id_of(count) };
        count += usize::from(is_sent);
        let _ = group.toggle_attribute_with_force("data-stored", is_stored);
        input.set_id(&id);
        let part = |selector| group.query_selector(selector).ok().flatten();
        if let Some(error) = part(".verdict[data-kind=refused]") {
            error.set_id(&[&id, "-error"].concat());
        }
        if let Some(label) = part("label[for]") {
            let _ = label.set_attribute("for", &id);
        }
        if let Some(badge) = part(".badge[hidden]").or_else(|| part("label[for] + .badge")) {
            badge.unchecked_into::<HtmlElement>().set_hidden(!is_sent || is_stored);
        }
        if let Some(button) = part("[data-remove]") {
            button.unchecked_into::<HtmlElement>().set_hidden(false);
        }
        if let Some(code) = part("code").filter(|_| is_row) {
            code.set_text_content(Some(&input.value()));
        }
    }
}

/// The id of the origin of that number.
fn id_of(index: usize) -> String {
    if index == 0 { LIST.to_owned() } else { [LIST, "-", &index.to_string()].concat() }
}

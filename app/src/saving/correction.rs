//! Corrected values in the page: the button beside a field's error puts one into the field, which is checked again.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::form_element::{element, set};
use crate::ui::correction::{CORRECTION, correction_value};

/// Every correction button of the page.
const BUTTONS: &str = "button.correction";

/// Makes the buttons that the server has rendered answer in the page, so that none of them posts the form.
pub(super) fn enliven() {
    let Ok(buttons) = document().query_selector_all(BUTTONS) else { return };
    for at in 0..buttons.length() {
        if let Some(button) = buttons.get(at).map(JsCast::unchecked_into::<Element>) {
            let _ = button.set_attribute("type", "button");
        }
    }
}

/// Puts the button for `to` at the end of a field's error, in place of an earlier one. Without a value there is none.
pub fn offer(place: &HtmlElement, field: &str, to: &str) {
    if let Ok(Some(old)) = place.query_selector(BUTTONS) {
        old.remove();
    }
    if !to.is_empty() {
        let _ = add(place, field, to);
    }
}

fn add(place: &HtmlElement, field: &str, to: &str) -> Result<(), JsValue> {
    let button = document().create_element("button")?;
    for (name, value) in [("type", "button"), ("class", "button small correction"), ("name", CORRECTION)] {
        button.set_attribute(name, value)?;
    }
    button.set_attribute("value", &correction_value(field, to, ""))?;
    button.set_text_content(Some("Use "));
    let code = document().create_element("code")?;
    code.set_text_content(Some(to));
    button.append_child(&code)?;
    place.append_child(&button)?;
    Ok(())
}

/// Answers a click on a correction button: the field takes the value and the focus, and its error goes. Another click is left alone.
pub(super) fn take(event: &Event) {
    let target = event.target().map(JsCast::unchecked_into::<Element>);
    let Some(button) = target.and_then(|target| target.closest(BUTTONS).ok().flatten()) else { return };
    event.prevent_default();
    let chosen = button.get_attribute("value").unwrap_or_default();
    let mut parts = chosen.split('\t');
    let (Some(field), Some(to)) = (parts.next(), parts.next()) else { return };
    if let Some(place) = element(&[field, "-error"].concat()) {
        place.set_hidden(true);
    }
    let Some(input) = element(field) else { return };
    let _ = input.remove_attribute("aria-invalid");
    set(field, to);
    if input.unchecked_ref::<HtmlInputElement>().type_() == "checkbox"
        && let Ok(Some(row)) = input.closest("li")
        && let Ok(Some(shown)) = row.query_selector("code")
    {
        shown.set_text_content(Some(to));
    }
    let _ = input.focus();
}

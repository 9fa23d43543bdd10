//! What is wrong with a form that was not saved in place: beside its fields, and in the summary above it.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Element, HtmlElement, js_sys::Array};

use super::{
    api_call::text,
    correction,
    form_element::{FIX_FIELDS, INVALID, SUMMARY, element, form},
};

/// Shows errors beside their fields, and in the summary.
pub(super) fn show_errors(errors: &Array) {
    show_beside(errors);
    summarize(INVALID, FIX_FIELDS, errors);
}

/// Shows what the server says of what is typed, beside the fields. The summary of wrong fields goes once nothing is wrong any more. That
/// of a conflict stays: a check may have been asked before the save, and answered after it.
pub fn show_checked(errors: &Array) {
    hide_beside();
    show_beside(errors);
    if let Some(summary) = element(SUMMARY)
        && errors.length() == 0
        && heading_of(&summary).and_then(|heading| heading.text_content()).as_deref() == Some(INVALID)
    {
        summary.set_hidden(true);
    }
}

fn heading_of(summary: &Element) -> Option<Element> {
    summary.query_selector("h2").ok().flatten()
}

/// Says that a field with an error is being checked again.
pub fn mark_checking(input: &Element) {
    if let Some(place) = element(&[&input.id(), "-error"].concat()).filter(|place| !place.hidden()) {
        say(&place, "checking", "Checking…");
        correction::offer(&place, "", "");
        let _ = input.remove_attribute("aria-invalid");
    }
}

fn say(place: &HtmlElement, kind: &str, message: &str) {
    if let Ok(Some(span)) = place.query_selector("span") {
        span.set_text_content(Some(message));
    }
    let _ = place.set_attribute("data-kind", kind);
    place.set_hidden(false);
}

fn show_beside(errors: &Array) {
    for error in errors.iter() {
        let (field, message) = (text(&error, "field"), text(&error, "message"));
        if let Some(place) = element(&format!("{field}-error")) {
            say(&place, "refused", &message);
            correction::offer(&place, &field, &text(&error, "correction"));
        }
        if let Some(input) = element(&field) {
            let _ = input.set_attribute("aria-invalid", "true");
            // What is wrong is not folded away.
            if let Ok(Some(details)) = input.closest("details") {
                let _ = details.set_attribute("open", "");
            }
        }
    }
}

/// Says in the summary that somebody else has saved in between.
pub(super) fn show_summary(ahead: bool, both: &Array) {
    let text = match (ahead, both.length()) {
        (true, _) => {
            "The form comes from a version that is not stored any more. What you typed is kept and not saved yet. Look it over, then save again."
        }
        (false, 0) => "What you typed is kept and not saved yet. The other changes are in the form now: save again to add yours.",
        (false, _) => "What you typed is kept and not saved yet. Both of you changed these fields. Choose for each, then save:",
    };
    summarize("Somebody saved in between", text, both);
}

fn summarize(title: &str, lead: &str, fields: &Array) {
    let Some(summary) = element(SUMMARY) else { return };
    let part = |selector: &str| summary.query_selector(selector).ok().flatten();
    let (Some(heading), Some(sentence), Some(links)) = (heading_of(&summary), part("p"), part("ul")) else { return };
    heading.set_text_content(Some(title));
    sentence.set_text_content(Some(lead));
    links.set_text_content(None);
    for entry in fields.iter() {
        let _ = add_link(&links, &entry);
    }
    summary.set_hidden(false);
    let _ = summary.focus();
}

fn add_link(links: &Element, entry: &JsValue) -> Result<(), JsValue> {
    let (field, message) = (text(entry, "field"), text(entry, "message"));
    let link = document().create_element("a")?;
    link.set_attribute("href", &format!("#{field}"))?;
    let label = label_of(&field);
    link.set_text_content(Some(&if message.is_empty() { label } else { format!("{label}: {message}") }));
    let item = document().create_element("li")?;
    item.append_child(&link)?;
    links.append_child(&item)?;
    Ok(())
}

/// What the page calls a field.
fn label_of(field: &str) -> String {
    let Some(input) = element(field) else { return field.to_owned() };
    if let Some(label) = input.get_attribute("aria-label") {
        return label;
    }
    let found = |selector: &str, scope: &Element| scope.query_selector(selector).ok().flatten().and_then(|label| label.text_content());
    let group = input.closest(".field, .add").ok().flatten();
    group.and_then(|group| found("label:not(.choice), legend", &group)).unwrap_or_else(|| field.to_owned())
}

/// Takes the errors of the last save away.
pub(super) fn hide_errors() {
    if let Some(summary) = element(SUMMARY) {
        summary.set_hidden(true);
    }
    hide_beside();
}

fn hide_beside() {
    let Some(places) = form().and_then(|form| form.query_selector_all("[id$='-error']").ok()) else { return };
    for at in 0..places.length() {
        let Some(place) = places.get(at).map(JsCast::unchecked_into::<HtmlElement>) else { continue };
        place.set_hidden(true);
        if let Some(input) = element(place.id().trim_end_matches("-error")) {
            let _ = input.remove_attribute("aria-invalid");
        }
    }
}

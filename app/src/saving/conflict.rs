//! Fields that somebody else has changed too: below each, what they have stored, and a button that takes it.

use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue, closure::Closure},
};
use web_sys::{Element, js_sys::Array};

use super::{
    api_call::{get, text},
    form_element::{element, set},
    outcome::LastChange,
};

/// Marks what this adds to the page.
const CLASS: &str = "choice-of";

/// Shows what somebody else has stored, below each field.
pub(super) fn show_choices(both: &Array) {
    for choice in both.iter() {
        let _ = show_choice(&choice);
    }
}

fn show_choice(choice: &JsValue) -> Result<(), JsValue> {
    let (field, stored, last) = (text(choice, "field"), text(choice, "stored"), get(choice, "last"));
    let shown = text(choice, "shown");
    let Some(group) = element(&field).and_then(|input| input.closest(".field").ok().flatten()) else { return Ok(()) };
    let add = |parent: &Element, name: &str, class: &str, text: &str| -> Result<Element, JsValue> {
        let child = document().create_element(name)?;
        child.set_class_name(class);
        child.set_text_content(Some(text));
        parent.append_child(&child)?;
        Ok(child)
    };
    let who = if last.is_object() { text(&last, "who") } else { "Somebody".to_owned() };
    let at = LastChange { who: String::new(), at: text(&last, "at") };
    let note = add(&group, "div", CLASS, "")?;
    let sentence = add(&note, "p", "", &format!("{who} stored "))?;
    add(&sentence, "code", "", if shown.is_empty() { "nothing" } else { &shown })?;
    if !at.at.is_empty() {
        add(&sentence, "span", "", " at ")?;
        add(&sentence, "time", "", &at.minute())?.set_attribute("datetime", &at.at)?;
    }
    add(&sentence, "span", "", ". Saving replaces it with yours.")?;
    let button = add(&note, "button", "button small", "Use theirs")?;
    button.set_attribute("type", "button")?;
    let take = Closure::once_into_js(move || {
        set(&field, &stored);
        note.remove();
    });
    button.add_event_listener_with_callback("click", take.unchecked_ref())
}

/// Takes the choices of the last save away.
pub(super) fn remove_choices() {
    let Ok(notes) = document().query_selector_all(".choice-of") else { return };
    for at in 0..notes.length() {
        if let Some(note) = notes.get(at) {
            note.unchecked_into::<Element>().remove();
        }
    }
}

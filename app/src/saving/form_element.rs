//! The form that is saved in place, as the browser has it: read, filled, compared with what is stored. The server never runs this.

use leptos::{
    prelude::document,
    wasm_bindgen::{JsCast, JsValue},
};
use web_sys::{Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTemplateElement, UrlSearchParams, js_sys::Array};

/// The id of the form that is saved in place. A page has one, and one of each of these.
pub const FORM: &str = "saved-in-place";
/// The id of its bar.
pub const BAR: &str = "save-bar";
/// The id of what the bar says.
pub const SAID: &str = "save-said";
/// The id of the link that says what a save means for redirects.
pub const IMPACT: &str = "save-impact";
/// The id of the place that says how many visits the form concerns.
pub const EFFECT: &str = "save-effect";
/// The id of the button that shows that without JavaScript.
pub const SHOW_EFFECT: &str = "save-show-effect";
/// The id of the button that saves.
pub const BUTTON: &str = "save-button";
/// The id of the button that undoes the last save.
pub const UNDO: &str = "save-undo";
/// The id of the link to sign in again.
pub const SIGN_IN: &str = "save-sign-in";
/// The id of the link to what is stored.
pub const DISCARD: &str = "save-discard";
/// The id of the summary of what is wrong.
pub const SUMMARY: &str = "save-summary";
/// The heading of that summary if fields are wrong.
pub const INVALID: &str = "Not saved yet";
/// What the summary says then, above its links to the fields.
pub const FIX_FIELDS: &str = "What you typed is kept. Fix these fields, then save again:";

/// The element with that id.
pub fn element(id: &str) -> Option<HtmlElement> {
    Some(document().get_element_by_id(id)?.unchecked_into())
}

/// What is stored, urlencoded: what the form was filled with. Empty for a form of something new.
pub fn base() -> String {
    let input = form().and_then(|form| form.query_selector("[name=base]").ok().flatten());
    input.map(|input| input.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

/// The one field that is a list: a row with a checkbox for each value, and inputs for more.
pub const LIST: &str = "allowed_origins";
/// The id of the template of such a row.
pub const ROW_TEMPLATE: &str = "origin-template";

/// The checkboxes that allow an origin together with the fields that need it.
pub const ALLOW: &str = "allow";
/// The origins that Undo takes back.
pub const DISALLOW: &str = "disallow";

/// The field that says that its sender has seen how many visits a form concerns.
pub const CONFIRMED: &str = "confirmed";

/// The form.
pub fn form() -> Option<HtmlFormElement> {
    Some(document().get_element_by_id(FORM)?.unchecked_into())
}

/// What is in the form, field by field.
pub struct Fields(UrlSearchParams);

impl Fields {
    /// What is typed now into the form that is saved in place.
    pub fn typed() -> Option<Self> {
        Self::of(&form()?)
    }

    /// What is typed into a form.
    pub fn of(form: &HtmlFormElement) -> Option<Self> {
        let data = FormData::new_with_form(form).ok()?;
        Some(Self(UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?))
    }

    /// What an urlencoded text holds.
    pub fn read(text: &str) -> Option<Self> {
        Some(Self(UrlSearchParams::new_with_str(text).ok()?))
    }

    /// Adds the values that another text has for a field that may be repeated.
    pub fn add(&self, name: &str, from: &Self) {
        for value in from.get_all(name) {
            self.0.append(name, &value);
        }
    }

    /// The fields, urlencoded.
    pub fn write(&self) -> String {
        self.0.to_string().into()
    }

    /// Every field, in order.
    pub fn entries(&self) -> Vec<(String, String)> {
        let entries = Array::from(&self.0).into_iter().map(|entry| Array::from(&entry));
        let text = |value: JsValue| value.as_string().unwrap_or_default();
        entries.map(|entry| (text(entry.get(0)), text(entry.get(1)))).collect()
    }

    /// The value of a field; empty if the form has no such field.
    pub fn get(&self, name: &str) -> String {
        self.0.get(name).unwrap_or_default()
    }

    /// Every value of a field that may be repeated, blank ones left out.
    pub fn get_all(&self, name: &str) -> Vec<String> {
        let values = self.0.get_all(name).into_iter().filter_map(|value| value.as_string()).map(|value| value.trim().to_owned());
        values.filter(|value| !value.is_empty()).collect()
    }
}

/// How many of these fields, separated by spaces, differ from what is stored.
pub fn count_changed(names: &str, base: &str) -> usize {
    let (Some(typed), Some(stored)) = (Fields::typed(), Fields::read(base)) else { return 0 };
    names.split_whitespace().filter(|name| typed.get_all(name) != stored.get_all(name)).count()
}

/// Puts the values of an urlencoded text into the form's inputs, as if they were typed. A field whose value is no longer that of
/// `before` keeps it: it was typed since. `hidden` says whether hidden inputs take values too.
pub fn fill(text: &str, before: &str, hidden: bool) {
    let (Some(form), Some(fields), Some(before)) = (form(), Fields::read(text), Fields::read(before)) else { return };
    // Compared before any of its inputs is filled.
    let is_list_typed_since = Fields::of(&form).is_none_or(|now| now.get_all(LIST) != before.get_all(LIST));
    if !is_list_typed_since {
        fill_list(&fields.get_all(LIST));
    }
    for element in Array::from(&form.elements()).iter() {
        let Ok(input) = element.dyn_into::<HtmlInputElement>() else { continue };
        let name = input.name();
        match input.type_().as_str() {
            "hidden" if hidden => input.set_value(&fields.get(&name)),
            "radio" if input.value() == fields.get(&name) && !input.checked() && !is_typed_since(&form, &name, &before) => {
                input.set_checked(true);
                announce(&input);
            }
            "checkbox" if name == ALLOW => {
                let is_in = |fields: &Fields| fields.get_all(ALLOW).contains(&input.value());
                if input.checked() == is_in(&before) {
                    input.set_checked(is_in(&fields));
                }
            }
            "hidden" | "radio" | "checkbox" => {}
            _ if name == LIST => {}
            _ if !name.is_empty() && input.value().trim() == before.get(&name).trim() => take(&input, &fields.get(&name)),
            _ => {}
        }
    }
}

/// Checks the rows of these values and no other, and adds those that are missing.
fn fill_list(values: &[String]) {
    let mut missing = values.to_vec();
    for input in inputs(LIST) {
        if input.type_() == "checkbox" {
            let is_kept = values.contains(&input.value());
            missing.retain(|value| *value != input.value());
            if input.checked() != is_kept {
                input.set_checked(is_kept);
                announce(&input);
            }
        } else {
            take(&input, "");
        }
    }
    for value in &missing {
        add_row(value);
    }
}

/// The form's inputs of that name.
pub fn inputs(name: &str) -> Vec<HtmlInputElement> {
    let Some(form) = form() else { return Vec::new() };
    let inputs = Array::from(&form.elements()).into_iter().filter_map(|element| element.dyn_into::<HtmlInputElement>().ok());
    inputs.filter(|input| input.name() == name).collect()
}

/// Adds a row for a value of the list, unless there is one. It is checked.
pub fn add_row(value: &str) {
    if let Some(input) = inputs(LIST).into_iter().find(|input| input.type_() == "checkbox" && input.value() == value) {
        input.set_checked(true);
        return announce(&input);
    }
    let _ = clone_row(value);
}

fn clone_row(value: &str) -> Option<()> {
    let template: HtmlTemplateElement = document().get_element_by_id(ROW_TEMPLATE)?.unchecked_into();
    let row = template.content().first_element_child()?.clone_node_with_deep(true).ok()?.unchecked_into::<HtmlElement>();
    let part = |selector| row.query_selector(selector).ok().flatten();
    let input: HtmlInputElement = part("input")?.unchecked_into();
    input.set_value(value);
    input.set_checked(true);
    let _ = input.set_attribute("aria-label", &["Allow ", value].concat());
    part("code")?.set_text_content(Some(value));
    part(".unseen")?.set_text_content(Some(&[" ", value].concat()));
    if let Some((_, parent)) = value.split_once("*.") {
        part(".help")?.set_text_content(Some(&["Everything below ", parent].concat()));
    }
    document().query_selector(".origins").ok()??.append_child(&row).ok()?;
    announce(&input);
    Some(())
}

fn is_typed_since(form: &HtmlFormElement, name: &str, before: &Fields) -> bool {
    let data = FormData::new_with_form(form).ok();
    data.and_then(|data| data.get(name).as_string()).is_some_and(|value| value != before.get(name))
}

fn take(input: &HtmlInputElement, value: &str) {
    if input.value() != value {
        input.set_value(value);
        announce(input);
    }
}

/// Tells that an input has another value, as if it were typed.
pub fn announce(input: &HtmlInputElement) {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict("input", &init) {
        let _ = input.dispatch_event(&event);
    }
}

/// Puts a value into the input with that id, as if it were typed.
pub fn set(id: &str, value: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        if element.get_attribute("type").as_deref() == Some("radio") {
            check_radio(element.unchecked_ref(), value);
        } else {
            take(element.unchecked_ref(), value);
        }
    }
}

/// Checks the radio button of that value, in the group of this one.
fn check_radio(one: &HtmlInputElement, value: &str) {
    let Some(form) = form() else { return };
    for element in Array::from(&form.elements()).iter() {
        let Ok(input) = element.dyn_into::<HtmlInputElement>() else { continue };
        if input.name() == one.name() && input.value() == value {
            input.set_checked(true);
            announce(&input);
        }
    }
}

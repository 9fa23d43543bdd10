//! How many fields of the form are unsaved.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::Element;

use super::form_element::{BAR, base, count_changed, element};

/// How many fields differ from what is stored.
pub fn changed() -> usize {
    let names = element(BAR).and_then(|bar| bar.get_attribute("data-fields")).unwrap_or_default();
    count_changed(&names, &base())
}

/// Says how many fields are unsaved, and how many of the values are refused.
pub(super) fn unsaved(count: usize) -> String {
    let (base, invalid) = (base(), document().query_selector_all("[name][aria-invalid=true]").ok());
    let names = invalid.into_iter().flat_map(|invalid| (0..invalid.length()).filter_map(move |at| invalid.get(at)));
    let names = names.filter_map(|input| input.unchecked_into::<Element>().get_attribute("name"));
    let attention = match names.filter(|name| count_changed(name, &base) > 0).count() {
        0 => String::new(),
        1 => ", one needs attention".to_owned(),
        count => format!(", {count} need attention"),
    };
    format!("{count} unsaved change{}{attention}", if count == 1 { "" } else { "s" })
}

//! What is offered below a field: its correction, or to allow its origin. The latter stays ticked while the value is edited, until another
//! origin is offered.

use leptos::wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

use super::form_element::{ALLOW, announce, element, inputs};

/// Shows an offer below a field, as HTML from the server. One for this origin that is shown already keeps its tick and the focus. Without
/// an origin the server is still being asked.
pub fn show(field: &str, origin: Option<String>, html: &str) {
    let Some(place) = element(&[field, "-offer"].concat()) else { return };
    let shown = place.query_selector("input").ok().flatten().map(|input| input.unchecked_into::<HtmlInputElement>().value());
    if shown.is_none() || (origin.is_some() && origin != shown) {
        place.set_inner_html(html);
    }
}

/// Somebody has typed into the form. Where an origin is ticked or unticked, so it is for every field, and each is checked again.
pub(super) fn tick(event: &Event) {
    let Some(ticked) = event.target().map(JsCast::unchecked_into::<HtmlInputElement>).filter(|input| input.name() == ALLOW) else { return };
    for input in inputs(ALLOW) {
        if input.value() == ticked.value() {
            input.set_checked(ticked.checked());
            if let Some(typed) = input.get_attribute("data-of").and_then(|field| element(&field)) {
                announce(typed.unchecked_ref());
            }
        }
    }
}

//! Forms that the server renders and that lead to another page once they are saved. They name their server function themselves.

use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::HtmlFormElement;

use super::{
    api_call::{arguments, call, get, list},
    form_element::{Fields, element},
    page_refresh::refresh,
};

/// Calls the server function of such a form, unless it is being called. `leaving` says that the page is left on purpose.
pub(super) fn submit(form: HtmlFormElement, leaving: StoredValue<bool>) {
    let elsewhere = form.get_attribute("data-said").and_then(|id| element(&id)).map(JsCast::unchecked_into);
    let Some(said) = elsewhere.or_else(|| form.query_selector(".said").ok().flatten()) else { return };
    let Some(typed) = Fields::of(&form) else { return };
    if form.has_attribute("aria-busy") {
        return;
    }
    let _ = form.set_attribute("aria-busy", "true");
    // A form that saves nothing says so, and what it does. The page stays.
    let stays = form.get_attribute("data-stays");
    said.set_text_content(Some(stays.as_deref().unwrap_or("Saving…")));
    let data = |name| form.get_attribute(name).unwrap_or_default();
    let called = call(data("data-function"), arguments(&data("data-arguments"), &typed));
    let page = data("data-page");
    leptos::task::spawn_local(async move {
        let failed = match called.await {
            Ok(_) if stays.is_some() => {
                refresh();
                String::new()
            }
            Ok(outcome) if get(&outcome, "saved").is_object() => {
                let left_out = list(&get(&outcome, "saved"), "left_out").into_iter().filter_map(|field| field.as_string());
                let page = left_out.fold(page, |page, field| page + "&left_out=" + &field);
                leaving.set_value(true);
                let _ = window().location().assign(&page);
                return;
            }
            // The page says why: it is posted as without JavaScript.
            Ok(_) => {
                leaving.set_value(true);
                let _ = form.submit();
                return;
            }
            Err(error) => error.to_string(),
        };
        said.set_text_content(Some(&failed));
        let _ = form.remove_attribute("aria-busy");
    });
}

//! Forms that the server renders and that lead to another page once they are saved. They name their server function themselves.

use leptos::prelude::*;
use web_sys::HtmlFormElement;

use super::{
    api_call::{arguments, call, get, list},
    form_element::Fields,
};

/// Calls the server function of such a form, unless it is being called. `leaving` says that the page is left on purpose.
pub(super) fn submit(form: HtmlFormElement, leaving: StoredValue<bool>) {
    let (Some(typed), Ok(Some(said))) = (Fields::of(&form), form.query_selector(".said")) else { return };
    if form.has_attribute("aria-busy") {
        return;
    }
    let _ = form.set_attribute("aria-busy", "true");
    said.set_text_content(Some("Saving…"));
    let data = |name| form.get_attribute(name).unwrap_or_default();
    let called = call(data("data-function"), arguments(&data("data-arguments"), &typed));
    let page = data("data-page");
    leptos::task::spawn_local(async move {
        let failed = match called.await {
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

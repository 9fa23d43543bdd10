//! After a save in place, the parts of the page around the form are fetched again: the navigation, the head, and the line that says
//! where the version is live. Everything else stays as it is.

use leptos::{
    prelude::{document, window},
    wasm_bindgen::{JsCast, closure::Closure},
};
use web_sys::{Event, XmlHttpRequest, XmlHttpRequestResponseType};

/// The parts that say something about what is stored.
const PARTS: [&str; 3] = [".rail", ".head", ".live"];

/// Fetches the page, and puts its parts in the place of those that are shown. If it can't be fetched, they stay.
pub(super) fn refresh() {
    let (Ok(request), Ok(path)) = (XmlHttpRequest::new(), window().location().pathname()) else { return };
    // The page after a save waits a moment until the version is live everywhere.
    if request.open("GET", &format!("{path}?saved")).is_err() {
        return;
    }
    request.set_response_type(XmlHttpRequestResponseType::Document);
    let answered = request.clone();
    let put = Closure::once_into_js(move |_: Event| {
        let Ok(Some(page)) = answered.response_xml() else { return };
        for part in PARTS {
            if let (Ok(Some(old)), Ok(Some(new))) = (document().query_selector(part), page.query_selector(part)) {
                let _ = old.replace_with_with_node_1(&new);
            }
        }
        document().set_title(&page.title());
    });
    request.set_onload(Some(put.unchecked_ref()));
    let _ = request.send();
}

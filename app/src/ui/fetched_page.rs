//! Fetches a page or a part of one from the server, to replace what is shown. The server never runs this.

use leptos::{
    prelude::document,
    wasm_bindgen::{JsCast, closure::Closure},
};
use web_sys::{Document, Event, XmlHttpRequest, XmlHttpRequestResponseType};

/// Fetches an address, and hands over what it answers. If it can't be fetched, nothing happens.
pub fn fetch(address: &str, put: impl FnOnce(Document) + 'static) {
    let Ok(request) = XmlHttpRequest::new() else { return };
    if request.open("GET", address).is_err() {
        return;
    }
    request.set_response_type(XmlHttpRequestResponseType::Document);
    let answered = request.clone();
    let loaded = Closure::once_into_js(move |_: Event| {
        if let Ok(Some(page)) = answered.response_xml() {
            put(page);
        }
    });
    request.set_onload(Some(loaded.unchecked_ref()));
    let _ = request.send();
}

/// Puts the content of the first such element of a fetched page into the one that is shown, which keeps its focus and stays open.
pub fn put_content(page: &Document, selector: &str) {
    if let (Ok(Some(old)), Ok(Some(new))) = (document().query_selector(selector), page.query_selector(selector)) {
        old.set_inner_html(&new.inner_html());
    }
}
